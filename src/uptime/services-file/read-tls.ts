import { DEFAULT_TLS_RULES, type TlsRules } from '../domain/index.js';
import { type Fields } from './fields.js';

const MAX_DAYS = 3_650;

/** TLS rules; undefined without a `tls` mapping. */
export function readTls(fields: Fields): TlsRules | undefined {
  const given = fields.mapping('tls', 'a mapping with verify, degradedBelowDays and downBelowDays');
  if (!given) return undefined;
  const verify = given.boolean('verify') ?? DEFAULT_TLS_RULES.verify;
  const degradedBelowDays = given.integer('degradedBelowDays', 1, MAX_DAYS);
  const downBelowDays = given.integer('downBelowDays', 1, MAX_DAYS);
  given.rejectUnknownKeys();
  if (degradedBelowDays !== undefined && downBelowDays !== undefined && degradedBelowDays <= downBelowDays)
    given.reject(
      'degradedBelowDays',
      `must be more than the ${downBelowDays} days of downBelowDays: a service is degraded before it is down`,
    );
  return { verify, certificate: { degradedBelowDays, downBelowDays } };
}
