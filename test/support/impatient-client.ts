import { Agent, request } from 'node:http';

/** A request that got no connection: the service did not accept it, or closed it at once. */
export const NOT_ACCEPTED = 'not accepted';

const PATIENCE_MS = 2_500;

/**
 * Client with keep-alive connections that gives up; tells connections that were never accepted from unanswered
 * requests.
 */
export class ImpatientClient {
  readonly #agent = new Agent({ keepAlive: true });

  /** @param url of the service */
  constructor(private readonly url: () => string) {}

  /** @returns the status. @throws Error if a connection that was served before gets no answer */
  send(method: string, path: string, token?: string, body?: unknown): Promise<number | typeof NOT_ACCEPTED> {
    const { hostname, port } = new URL(this.url());
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    };
    return new Promise((resolve, reject) => {
      const outgoing = request({ agent: this.#agent, hostname, port, method, path, headers }, (response) => {
        response.resume();
        response.once('end', () => end(response.statusCode ?? 0));
      });
      const timer = setTimeout(() => {
        if (outgoing.reusedSocket) reject(new Error(`${method} ${path} got no answer within ${PATIENCE_MS} ms`));
        end(NOT_ACCEPTED);
        outgoing.destroy();
      }, PATIENCE_MS);
      const end = (outcome: number | typeof NOT_ACCEPTED): void => {
        clearTimeout(timer);
        resolve(outcome);
      };
      outgoing.once('error', () => end(NOT_ACCEPTED));
      outgoing.end(text);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
