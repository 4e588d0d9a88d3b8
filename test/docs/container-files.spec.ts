import { validate } from 'dockerfile-utils';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { loadConfig, variables } from '../../src/config/index.js';

const read = (file: string): string => readFileSync(resolve(__dirname, '../..', file), 'utf8');

interface ComposeService {
  readonly image?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

describe('the container files', () => {
  const dockerfile = read('Dockerfile');
  const compose = parse(read('docker-compose.yml')) as {
    services: Record<string, ComposeService>;
    volumes: Record<string, null>;
  };

  it('Dockerfile passes the linter, has several stages, and does not run as root', () => {
    expect(validate(dockerfile)).toEqual([]);
    const stages = dockerfile.split(/^FROM /m).slice(1);
    expect(stages.length).toBeGreaterThan(1);
    const last = stages.at(-1) ?? '';
    expect(/^USER (\S+)$/m.exec(last)?.[1]).toBe('node');
    expect(last.indexOf('USER')).toBeLessThan(last.indexOf('CMD ["node", "dist/main.js"]'));
  });

  it('runs the service under an init, which delivers signals to it', () => {
    const last = dockerfile.split(/^FROM /m).at(-1) ?? '';
    expect(last).toMatch(/^RUN .*apt-get install -y --no-install-recommends tini /m);
    expect(last).toMatch(/^ENTRYPOINT \["tini", "--"\]\nCMD \["node", "dist\/main.js"\]$/m);
  });

  it('copies only files into the image that .dockerignore allows', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files]) =>
      (files ?? '').split(' '),
    );
    expect(copied.length).toBeGreaterThan(0);
    for (const file of copied) expect(allowed).toContain(file);
  });

  it('docker-compose.yml runs the service with a KurrentDB that has a health check and a volume', () => {
    const { kurrentdb, streams } = compose.services;
    expect(kurrentdb?.image).toBe('docker.io/kurrentplatform/kurrentdb:26.1.0');
    expect(kurrentdb?.healthcheck?.test.join(' ')).toContain('/health/live');
    expect(streams?.depends_on).toEqual({ kurrentdb: { condition: 'service_healthy' } });
    for (const volume of [...(kurrentdb?.volumes ?? []), ...(streams?.volumes ?? [])])
      expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0]);
  });

  it('sets only variables that exist, to valid values', () => {
    const environment = compose.services.streams?.environment ?? {};
    for (const name of Object.keys(environment)) expect(Object.keys(variables)).toContain(name);
    expect(loadConfig(environment).kurrentdb.connectionString).toBe('kurrentdb://kurrentdb:2113?tls=false');
  });
});
