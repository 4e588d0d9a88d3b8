import { connect } from 'node:net';

const END_OF_HEAD = '\r\n\r\n';

/**
 * One HTTP/1.1 connection that is kept alive and sends ready-made requests, one after the other, as load generators do:
 * what is measured is to be the service, and not the client beside it on the same processor. Accepts responses with a
 * Content-Length only.
 */
export class HttpConnection {
  #socket;
  #received = Buffer.alloc(0);
  #pending;

  constructor(url) {
    const { hostname, port } = new URL(url);
    this.address = { host: hostname, port: Number(port), noDelay: true };
  }

  /**
   * @param request bytes of a whole request
   * @returns `{ status, body }` of the response
   */
  send(request) {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#socket ??= this.#open();
      this.#socket.write(request);
    });
  }

  close() {
    this.#socket?.destroy();
  }

  #open() {
    const lost = (error) => {
      this.#socket = undefined;
      this.#pending?.reject(error ?? new Error('The connection was closed'));
    };
    return connect(this.address)
      .on('data', (bytes) => this.#receive(bytes))
      .on('error', lost)
      .on('close', () => lost());
  }

  #receive(bytes) {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    const head = this.#received.indexOf(END_OF_HEAD);
    if (head < 0) return;
    const text = this.#received.latin1Slice(0, head);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1]);
    const body = head + END_OF_HEAD.length;
    if (Number.isNaN(length)) return this.#pending.reject(new Error(`A response without Content-Length: ${text}`));
    if (this.#received.length < body + length) return;
    const response = { status: Number(text.slice(9, 12)), body: this.#received.toString('utf8', body, body + length) };
    this.#received = this.#received.subarray(body + length);
    this.#pending.resolve(response);
  }
}

/** The bytes of a request. */
export function requestOf(method, path, headers, body = '') {
  const lines = Object.entries({ host: 'localhost', ...headers, 'content-length': Buffer.byteLength(body) }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}${END_OF_HEAD}${body}`);
}
