import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../support/eventually.js';
import { KurrentDBServer } from '../support/kurrentdb-server.js';
import { outputOf, runCommand } from '../support/command-line.js';
import { keysDirOf, makeDataDir, removeDataDir, ServiceProcess } from '../support/service-process.js';

const JWT = /^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+\n$/;
const API_KEY = /^pps_[0-9a-z]{12}_[\w-]{43}\n$/;
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

describe('the command line', () => {
  let dataDir: string;
  let environment: Record<string, string>;

  beforeEach(() => {
    dataDir = makeDataDir();
    environment = { DATA_DIR: dataDir };
  });
  afterEach(async () => {
    await ServiceProcess.killAll();
    removeDataDir(dataDir);
  });

  it('prints only the token, and opens no store', async () => {
    const { exitCode, stdout, stderr } = await runCommand(
      environment,
      'token',
      '--user',
      'alice',
      '--role',
      'admin',
      '--expires-in',
      '90m',
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(JWT);
    const { iat, exp, ...claims } = claimsOf(stdout);
    expect(claims).toEqual({
      sub: 'alice',
      roles: ['admin'],
      iss: 'penguin-pool-streams',
      aud: 'penguin-pool-streams',
    });
    expect(Number(exp) - Number(iat)).toBe(5_400);
    expect(readdirSync(dataDir)).toEqual([]);
  });

  it('continues with the secret of version 0.1.0, which it moves out of the data', async () => {
    const secret = join(dataDir, 'identity', 'jwt-secret');
    mkdirSync(join(dataDir, 'identity'));
    writeFileSync(secret, `${Buffer.alloc(32, 7).toString('base64url')}\n`, { mode: 0o600 });
    const token = await outputOf(environment, 'token', '--user', 'alice');
    const [header = '', payload = '', signature] = token.split('.');
    const mac = createHmac('sha256', Buffer.alloc(32, 7)).update(`${header}.${payload}`).digest('base64url');
    expect(signature).toBe(mac);
    expect(existsSync(secret)).toBe(false);
    const path = join(keysDirOf(dataDir), 'jwt-secret');
    expect(modeOf(path)).toBe('600');
    writeFileSync(path, 'too short');
    expect(await runCommand(environment, 'token', '--user', 'alice')).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(/^.*jwt-secret does not contain a valid secret; remove it.*\n$/) as string,
    });
  });

  it('creates the keys of the service once, readable only by their owner', async () => {
    await outputOf(environment, 'token', '--user', 'alice');
    const keys = keysDirOf(dataDir);
    const path = join(keys, 'service.keys');
    const secret = readFileSync(path, 'utf8');
    await outputOf(environment, 'token', '--user', 'bob');
    expect(readFileSync(path, 'utf8')).toBe(secret);
    expect([modeOf(keys), modeOf(path), readdirSync(keys)]).toEqual(['700', '600', ['service.keys']]);
    writeFileSync(path, 'too short');
    expect(await runCommand(environment, 'token', '--user', 'alice')).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(/^.*service\.keys' has no valid keys: it is not JSON\. Restore it.*\n$/) as string,
    });
  });

  it('creates one secret when processes request it at the same moment', async () => {
    const script = `const { developmentSecret } = await import(${JSON.stringify(resolve(__dirname, '../../dist/identity/tokens/development-secret.js'))});
      while (Date.now() < Number(process.argv[1]));
      console.log(Buffer.from(developmentSecret({ dataDir: process.argv[2], keysDir: process.argv[2] + '.keys' }, console.error)).toString('hex'));`;
    for (let round = 0; round < 5; round++) {
      const directory = join(dataDir, String(round));
      const at = String(Date.now() + 700);
      const secrets = await Promise.all(
        Array.from({ length: 4 }, async () =>
          (
            await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, at, directory])
          ).stdout.trim(),
        ),
      );
      expect(secrets[0]).toMatch(/^[0-9a-f]{64}$/);
      expect(new Set(secrets).size).toBe(1);
    }
  }, 60_000);

  it.each([
    [['token'], "required option '--user <id>' not specified"],
    [
      ['token', '--user', 'alice-profile'],
      "Use at most 128 letters, digits, '_', '.', '@' and '-', without a segment such as '-profile'",
    ],
    [['token', '--user', 'admin'], 'not the name of a role'],
    [['token', '--user', 'alice', '--role', 'king'], 'Allowed choices are system, admin'],
    [['token', '--user', 'alice', '--expires-in', 'soon'], 'such as 30m, 12h or 90d'],
    [['token', '--user', 'alice', '--expires-in', '0h'], 'such as 30m, 12h or 90d'],
    [['token', '--user', 'alice', '--expires-in', '3651d'], 'from 1s to 3650d'],
    [['api-keys', 'create', '--name', 'Loans'], "Use at most 64 lower-case letters, digits and '-'"],
    [['api-keys', 'revoke'], 'give --name or --id'],
    [['api-keys', 'revoke', '--name', 'a', '--id', 'b'], 'cannot be used with'],
    [['api-keys', 'forget'], 'unknown command'],
    [['nothing'], 'unknown command'],
  ])('exits with 2 for %j, and prints what to write instead', async (args, message) => {
    const { exitCode, stdout, stderr } = await runCommand(environment, ...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
    expect(readdirSync(dataDir)).toEqual([]);
  });

  it('prints its usage on request', async () => {
    expect(await outputOf(environment, '--help')).toContain('npm run streams -- [options] [command]');
    expect(await outputOf(environment, 'api-keys', 'create', '--help')).toContain('--expires-in <duration>');
  });

  it.each<[Record<string, string>, string]>([
    [
      { AUTH_JWKS_URL: 'http://127.0.0.1:9/keys', AUTH_ISSUER: 'https://id.example', AUTH_AUDIENCE: 'a' },
      "Tokens are issued by 'https://id.example', because AUTH_JWKS_URL is set; get one there",
    ],
    [{ AUTH_JWT_SECRET: 'short' }, 'AUTH_JWT_SECRET must be a random string of at least 32 bytes'],
    [{ KURRENTDB_CONNECTION_STRING: 'kurrentdb://127.0.0.1:9' }, 'AUTH_JWKS_URL or AUTH_JWT_SECRET must be set'],
  ])('creates no token with %j, exits with 1 and prints the reason', async (more, message) => {
    const { exitCode, stdout, stderr } = await runCommand({ ...environment, ...more }, 'token', '--user', 'alice');
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });

  it('creates, lists and revokes API keys without a service, on the store that a service opens later', async () => {
    const {
      exitCode,
      stdout: key,
      stderr,
    } = await runCommand(
      environment,
      'api-keys',
      'create',
      '--name',
      'loans-importer',
      '--role',
      'system',
      '--expires-in',
      '90d',
    );
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr:
        "The key of 'loans-importer'. It is shown only once and not stored: save it now. Send it as X-API-Key or as Authorization: Bearer.\n",
    });
    expect(key).toMatch(API_KEY);
    await outputOf(environment, 'api-keys', 'create', '--name', 'offers');
    expect(await outputOf(environment, 'api-keys', 'revoke', '--name', 'offers')).toMatch(
      /^Revoked the key of 'offers' \([0-9a-z]{12}\)$/,
    );
    const keys = JSON.parse(await outputOf(environment, 'api-keys', 'list', '--json')) as { keyId: string }[];
    expect(keys).toMatchObject([
      {
        name: 'loans-importer',
        roles: ['system'],
        state: 'active',
        expiresAt: expect.any(String) as string,
        revokedAt: null,
      },
      { name: 'offers', roles: [], state: 'revoked', expiresAt: null, revokedAt: expect.any(String) as string },
    ]);
    const table = await outputOf(environment, 'api-keys', 'list');
    expect(table.split('\n').map((line) => line.split(/ {2,}/)[0])).toEqual(['NAME', 'loans-importer', 'offers']);
    expect(table).not.toContain(key.trim().slice(-43));
    expect(await runCommand(environment, 'api-keys', 'create', '--name', 'loans-importer')).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: "An API key named 'loans-importer' already exists; use another name\n",
    });

    const service = await ServiceProcess.start(environment);
    const { status } = await eventually(
      () => service.request('GET', '/api/uptime/status', { headers: { 'x-api-key': key.trim() } }),
      (response) => response.status === 200,
    );
    expect(status).toBe(200);
    expect(await service.stop()).toBe(0);
  }, 60_000);

  it('creates and revokes API keys of a running service, which notices within a second', async () => {
    const service = await ServiceProcess.start({ ...environment, AUTH_OPEN_ENDPOINTS: 'none' });
    const statusWith = (headers: Record<string, string>): Promise<number> =>
      service.request('GET', '/api/uptime/status', { headers }).then(({ status }) => status);
    expect(modeOf(join(dataDir, 'kurrentdb', 'connection'))).toBe('600');
    const key = await outputOf(environment, 'api-keys', 'create', '--name', 'loans-importer');
    expect(
      await eventually(
        () => statusWith({ 'x-api-key': key }),
        (status) => status === 200,
        1_000,
      ),
    ).toBe(200);
    expect(await statusWith({ authorization: `Bearer ${key}` })).toBe(200);
    expect(
      await statusWith({ authorization: `Bearer ${await outputOf(environment, 'token', '--user', 'alice')}` }),
    ).toBe(200);
    await outputOf(environment, 'api-keys', 'revoke', '--name', 'loans-importer');
    expect(
      await eventually(
        () => statusWith({ 'x-api-key': key }),
        (status) => status === 401,
        1_000,
      ),
    ).toBe(401);
    expect(await service.stop()).toBe(0);
    expect(existsSync(join(dataDir, 'kurrentdb', 'connection'))).toBe(false);
    expect(service.output.join('\n')).not.toContain(key.slice(-43));
  }, 60_000);

  it('ignores the files that a killed service left behind', async () => {
    const service = await ServiceProcess.start(environment);
    await service.kill('SIGKILL');
    expect(existsSync(join(dataDir, 'kurrentdb', 'connection'))).toBe(true);
    expect(await runCommand(environment, 'api-keys', 'create', '--name', 'offers')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(API_KEY) as string,
    });
    const next = await ServiceProcess.start(environment);
    expect(JSON.parse(await outputOf(environment, 'api-keys', 'list', '--json'))).toMatchObject([
      { name: 'offers', state: 'active' },
    ]);
    expect(await next.stop()).toBe(0);
  }, 60_000);

  it('uses the configured server', async () => {
    const store = await KurrentDBServer.start('--mem-db', '--insecure', '--port', '0');
    const external = {
      ...environment,
      KURRENTDB_CONNECTION_STRING: store.connectionString,
      AUTH_JWT_SECRET: 'a secret of more than 32 bytes, for tests',
    };
    expect(await outputOf(external, 'api-keys', 'create', '--name', 'offers')).toMatch(/^pps_/);
    expect(readdirSync(dataDir)).not.toContain('kurrentdb');
    await store.kill();
    expect(await runCommand(external, 'api-keys', 'list')).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(/^KurrentDB .* while reading stream '\$\$system-name-spaces'; .*\n$/) as string,
    });
  }, 60_000);
});
