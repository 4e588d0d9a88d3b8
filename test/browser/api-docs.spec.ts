import { resolve } from 'node:path';
import { type Browser } from 'playwright-core';
import { atOtherHost, launchBrowser } from '../support/browser.js';
import { makeDataDir, removeDataDir, ServiceProcess } from '../support/service-process.js';

describe('the page of the API documentation, in a browser', () => {
  let dataDir: string;
  let service: ServiceProcess;
  let browser: Browser;

  beforeAll(async () => {
    dataDir = makeDataDir();
    service = await ServiceProcess.start({ DATA_DIR: dataDir });
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser.close();
    await service.stop();
    removeDataDir(dataDir);
  });

  it.each([
    ['localhost', (url: string) => url],
    ['another host without TLS', atOtherHost],
  ])('shows every route and runs one, under the security headers of the service, at %s', async (host, urlAt) => {
    const page = await browser.newPage();
    const violations: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') violations.push(message.text());
    });
    await page.goto(`${urlAt(service.url)}/api/docs`);
    await page.getByText('/api/uptime/summary').waitFor();
    expect(await page.locator('.opblock').count()).toBeGreaterThanOrEqual(12);

    await page.screenshot({ path: resolve(__dirname, `../../test-results/api-docs at ${host}.png`) });

    const livez = page.locator('.opblock', { hasText: '/livez' });
    await livez.click();
    await livez.getByRole('button', { name: 'Try it out' }).click();
    await livez.getByRole('button', { name: 'Execute' }).click();
    await livez.locator('.live-responses-table').getByText('"status": "ok"').waitFor();
    expect(violations).toEqual([]);
  });
});
