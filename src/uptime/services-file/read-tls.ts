import { boolean, integer } from '../../common/parse.js';
import { DEFAULT_TLS_RULES, type TlsRules } from '../domain/index.js';
import { type Fields } from './fields.js';

const days = integer(1, 3_650);

/** TLS rules; undefined without a `tls` mapping. */
export function readTls(fields: Fields): TlsRules | undefined {
  return fields.mapping('tls', 'a mapping with verify, degradedBelowDays and downBelowDays', (given) => {
    const verify = given.optional('verify', boolean) ?? DEFAULT_TLS_RULES.verify;
    const degradedBelowDays = given.optional('degradedBelowDays', days);
    const downBelowDays = given.optional('downBelowDays', days);
    if (degradedBelowDays !== undefined && downBelowDays !== undefined && degradedBelowDays <= downBelowDays)
      given.reject(
        'degradedBelowDays',
        `must be more than the ${downBelowDays} days of downBelowDays: a service is degraded before it is down`,
      );
    return { verify, certificate: { degradedBelowDays, downBelowDays } };
  });
}
