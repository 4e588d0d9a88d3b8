import { validateHeaderName, validateHeaderValue } from 'node:http';

/** Values by names in lower case. */
export type Headers = Readonly<Record<string, string>>;

/** What says how the connection is used: a probe sets these itself. */
const OWN_HEADERS = /^(connection|content-length|transfer-encoding|upgrade|sec-websocket-.*)$/i;

/** @returns them with names in lower case @throws Error without the value, which may be a secret */
export function checkHeaders(headers: Readonly<Record<string, string>>): Headers {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      if (OWN_HEADERS.test(name)) throw new Error(`The header ${name} is set by the probe itself; leave it out`);
      try {
        validateHeaderName(name);
        validateHeaderValue(name, value);
      } catch {
        throw new Error(`The header ${JSON.stringify(name)} cannot be sent: its name or its value holds characters that HTTP does not allow there`);
      }
      return [name.toLowerCase(), value];
    }),
  );
}
