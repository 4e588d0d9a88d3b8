import { type Browser, chromium } from 'playwright-core';

/** Not the browser's own machine, whose addresses it treats as secure without TLS. */
export const OTHER_HOST = 'streams.example';

/** Debian's Chromium; root needs the sandbox off, and network access is disabled. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--host-resolver-rules=MAP ${OTHER_HOST} 127.0.0.1`,
    ],
  });
}

/** The URL of a service on this machine by {@link OTHER_HOST}. */
export function atOtherHost(url: string): string {
  return url.replace(/\/\/[^:/]+/, `//${OTHER_HOST}`);
}
