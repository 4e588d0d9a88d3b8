import { makeDataDir, ready, removeDataDir, ServiceProcess } from '../support/service-process.js';

/** As Chromium sends it for a page. */
const OF_A_BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';

describe('the front page', () => {
  let dataDir: string;
  let service: ServiceProcess;

  beforeAll(async () => {
    dataDir = makeDataDir();
    service = await ready(await ServiceProcess.start({ DATA_DIR: dataDir }));
  });

  afterAll(async () => {
    await ServiceProcess.killAll();
    removeDataDir(dataDir);
  });

  it('is a page with links for a browser, each of which works', async () => {
    const { status, body, headers } = await service.request('GET', '/', { headers: { accept: OF_A_BROWSER } });
    expect({ status, type: headers.get('content-type') }).toEqual({ status: 200, type: 'text/html; charset=utf-8' });
    expect(headers.get('vary')).toContain('Accept');
    const links = [...String(body).matchAll(/<a href="([^"/][^"]*)">[^<]+<\/a>/g)].map(([, path]) => path);
    expect(links).toContain('api/docs');
    for (const link of links)
      expect({ link, status: (await service.get(`/${link}`)).status }).toEqual({ link, status: 200 });
  });

  it.each(['*/*', 'application/json', 'application/json, text/html;q=0.5'])(
    'has the same links as JSON for a program that accepts %s',
    async (accept) => {
      const { status, body } = await service.request('GET', '/', { headers: { accept } });
      expect({ status, body }).toMatchObject({
        status: 200,
        body: { name: 'Penguin Pool Streams', links: { 'API documentation': '/api/docs' } },
      });
    },
  );

  it('answers the question for an icon without an error', async () => {
    expect((await service.get('/favicon.ico')).status).toBe(204);
  });
});
