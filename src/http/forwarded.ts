/**
 * What trusted proxies have put into a header to which each of them adds an entry, such as `X-Forwarded-For`.
 *
 * @returns an entry for each of them at most, that of the nearest proxy first
 */
export function forwardedBy(trustedProxies: number, header: string | string[] | undefined): string[] {
  if (trustedProxies === 0 || header === undefined) return [];
  return String(header).split(',').reverse().slice(0, trustedProxies);
}
