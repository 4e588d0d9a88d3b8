import { validateHeaderName, validateHeaderValue } from 'node:http';
import { isConnectionHeader } from '../../../domain/index.js';

/** Values by names in lower case. */
export type Headers = Readonly<Record<string, string>>;

/** @returns them with names in lower case @throws Error without the value, which may be a secret */
export function checkHeaders(headers: Readonly<Record<string, string>>): Headers {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      if (isConnectionHeader(name)) throw new Error(`The header ${name} is set by the probe itself; leave it out`);
      try {
        validateHeaderName(name);
        validateHeaderValue(name, value);
      } catch {
        throw new Error(
          `The header ${JSON.stringify(name)} cannot be sent: its name or its value holds characters that HTTP does not allow there`,
        );
      }
      return [name.toLowerCase(), value];
    }),
  );
}
