import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type Browser } from 'playwright-core';
import { atOtherHost, launchBrowser } from '../support/browser.js';
import { makeDataDir, ready, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { AUTH, tokenFor } from '../support/tokens.js';

/** What a script could read of a response; only the name of the error if the browser hid it. */
interface Read {
  readonly status?: number;
  readonly etag?: string | null;
  readonly remaining?: boolean;
  readonly error?: string;
}

describe('a script of another origin, in a browser', () => {
  let dataDir: string;
  let frontend: Server;
  let origin: string;
  let service: ServiceProcess;
  let browser: Browser;

  beforeAll(async () => {
    frontend = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<p>Frontend</p>'));
    frontend.listen(0, '127.0.0.1');
    await once(frontend, 'listening');
    origin = `http://localhost:${(frontend.address() as AddressInfo).port}`;
    dataDir = makeDataDir();
    service = await ready(await ServiceProcess.start({ DATA_DIR: dataDir, ...AUTH, CORS_ORIGINS: origin }));
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser.close();
    await ServiceProcess.killAll();
    frontend.close();
    removeDataDir(dataDir);
  });

  /** Writes a profile from a page of an origin. */
  async function writeFrom(page: string, token: string): Promise<Read> {
    const tab = await browser.newPage();
    await tab.goto(page);
    const target = [`${service.url}/api/users/alice/streams/profile`, token] as const;
    return tab.evaluate(async ([url, credential]): Promise<Read> => {
      try {
        const { status, headers } = await fetch(url, {
          method: 'PUT',
          credentials: 'include',
          headers: {
            Authorization: `Bearer ${credential}`,
            'Content-Type': 'application/json',
            'Idempotency-Key': 'from-a-browser',
          },
          body: JSON.stringify({ data: { displayName: 'Alice', email: 'alice@example.org' } }),
        });
        return { status, etag: headers.get('etag'), remaining: headers.has('x-ratelimit-remaining') };
      } catch (error) {
        return { error: String(error) };
      }
    }, target);
  }

  it('writes data and reads the headers of the API where its origin is listed, also those of errors', async () => {
    expect(await writeFrom(origin, await tokenFor({ user: 'alice' }))).toEqual({
      status: 201,
      etag: '"1"',
      remaining: true,
    });
    expect(await writeFrom(origin, 'no-token')).toMatchObject({ status: 401, remaining: true });
  });

  it('is stopped by the browser where its origin is not listed', async () => {
    expect(await writeFrom(atOtherHost(origin), await tokenFor({ user: 'alice' }))).toEqual({
      error: 'TypeError: Failed to fetch',
    });
  });
});
