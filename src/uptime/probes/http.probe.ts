import { Client, type Dispatcher } from 'undici';
import { type Clock } from '../../event-store/index.js';
import { type Probe, type ProbeAnswer } from '../application/index.js';
import { describeConnectionError, endpointOf } from './connection-errors.js';

/** More of a body than this is not read: the answer counts as whole then. */
const MOST_BODY_BYTES = 65_536;

/**
 * GETs a URL and takes any 2xx for an answer, once its body has arrived (or the first 64 KiB of it). A redirect is not followed: it
 * is not what was asked for.
 *
 * Each probe makes a connection of its own, so that a listener that died shows at once.
 */
export class HttpProbe implements Probe {
  readonly #url: URL;
  readonly #endpoint: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param url `http:` or `https:`; credentials in it are sent as basic authentication */
  constructor(
    url: string,
    private readonly clock: Clock,
  ) {
    this.#url = new URL(url);
    this.#endpoint = endpointOf(this.#url);
    this.#headers = { accept: '*/*', 'user-agent': 'penguin-pool-streams-probe', connection: 'close', ...basicAuthorization(this.#url) };
  }

  async probe(signal: AbortSignal): Promise<ProbeAnswer> {
    const start = this.clock.monotonic();
    const client = new Client(this.#url.origin, { pipelining: 0 });
    const destroy = (): void => void client.destroy();
    signal.addEventListener('abort', destroy, { once: true });
    try {
      const { statusCode, body } = await client.request({ method: 'GET', path: `${this.#url.pathname}${this.#url.search}`, headers: this.#headers, signal });
      await drain(body);
      return { responseTime: this.clock.monotonic() - start, ...judgeStatus(statusCode) };
    } catch (error) {
      return { responseTime: this.clock.monotonic() - start, error: describeConnectionError(error, this.#endpoint) };
    } finally {
      signal.removeEventListener('abort', destroy);
      await client.destroy();
    }
  }
}

function judgeStatus(status: number): { error?: string } {
  if (status >= 200 && status < 300) return {};
  return { error: status >= 300 && status < 400 ? `answered ${status}, a redirect, which is not followed` : `answered ${status}` };
}

/** @throws when the connection ends within the body */
async function drain(body: Dispatcher.ResponseData['body']): Promise<void> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += Buffer.isBuffer(chunk) ? chunk.length : 0;
    if (bytes >= MOST_BODY_BYTES) return;
  }
}

function basicAuthorization({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
}
