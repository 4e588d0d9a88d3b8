import { createRequire } from 'node:module';
import type * as ToughCookie from 'tough-cookie';

/**
 * Loading the list of public suffixes takes tenths of a second: it is loaded in the background, for probes of other
 * hosts.
 */
export function loadCookieJar(): typeof ToughCookie.CookieJar {
  return (createRequire(import.meta.url)('tough-cookie') as typeof ToughCookie).CookieJar;
}

/** The cookies that the responses of one probe set (RFC 6265), for its requests that follow. */
export class ProbeCookies {
  #jar: ToughCookie.CookieJar | undefined;

  /** Ignores cookies that the response may not set. @param setCookies the headers Set-Cookie */
  async store(url: URL, setCookies: readonly string[] = []): Promise<void> {
    if (setCookies.length === 0) return;
    const jar = (this.#jar ??= new (loadCookieJar())(undefined, { allowSecureOnLocal: false }));
    for (const cookie of setCookies) await jar.setCookie(cookie, url, { ignoreError: true });
  }

  /**
   * The header Cookie of a request.
   *
   * @param configured that of the target, whose cookies of the same name are replaced
   */
  async headerFor(url: URL, configured: string | undefined): Promise<string | undefined> {
    const cookies = (await this.#jar?.getCookieString(url)) ?? '';
    if (cookies === '') return configured;
    const names = namesOf(cookies);
    const kept = splitCookies(configured ?? '').filter((cookie) => !names.includes(nameOf(cookie)));
    return [...kept, cookies].join('; ');
  }
}

function namesOf(header: string): string[] {
  return splitCookies(header).map(nameOf);
}

function splitCookies(header: string): string[] {
  return header.split(/;\s*/).filter((cookie) => cookie !== '');
}

function nameOf(cookie: string): string {
  return cookie.split('=', 1)[0] ?? '';
}
