import { validateHeaderName, validateHeaderValue } from 'node:http';
import { isConnectionHeader } from '../../../domain/index.js';

/** Limit of the headers of a response, as in browsers. */
export const MAX_HEADER_BYTES = 262_144;

/** Values by lower-case names. */
export type Headers = Readonly<Record<string, string>>;

/** Converts names to lower case. @throws Error that does not quote the value, which may be a secret */
export function normalizeHeaders(headers: Readonly<Record<string, string>>): Headers {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      if (isConnectionHeader(name)) throw new Error(`The header ${name} is set by the probe; remove it`);
      try {
        validateHeaderName(name);
        validateHeaderValue(name, value);
      } catch {
        const reason = 'its name or value contains characters that HTTP does not allow';
        throw new Error(`The header ${JSON.stringify(name)} cannot be sent: ${reason}`);
      }
      return [name.toLowerCase(), value];
    }),
  );
}
