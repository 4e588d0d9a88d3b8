import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';

export interface FeedEvent {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

/** Client of a server-sent event feed; records all events. */
export class LiveFeed {
  readonly events: FeedEvent[] = [];
  /** Number of comments received: they are the keep-alive. */
  comments = 0;
  /** Why the service has ended the feed, from its last comment. */
  end: string | undefined;
  /** Resolves when either side has closed the connection. */
  readonly ended: Promise<void>;
  #rest = '';

  private constructor(private readonly response: IncomingMessage) {
    response.setEncoding('utf8').on('data', (chunk: string) => this.#take(chunk));
    this.ended = new Promise((resolve) => response.on('close', resolve));
    response.on('error', () => undefined);
  }

  /** Resolves with the response headers. */
  static open(url: string, path: string, headers: Readonly<Record<string, string>> = {}): Promise<LiveFeed> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      const outgoing = request({ hostname, port, path, headers, agent: false }, (response) =>
        resolve(new LiveFeed(response)),
      );
      outgoing.on('error', reject);
      outgoing.end();
    });
  }

  get status(): number {
    return this.response.statusCode ?? 0;
  }

  get headers(): IncomingHttpHeaders {
    return this.response.headers;
  }

  /** Destroys the connection. */
  kill(): void {
    this.response.destroy();
  }

  #take(chunk: string): void {
    const frames = `${this.#rest}${chunk}`.split('\n\n');
    this.#rest = frames.pop() ?? '';
    for (const frame of frames) {
      const fields = new Map(
        frame
          .split('\n')
          .map((line): [string, string] => [
            line.slice(0, line.indexOf(':')),
            line.slice(line.indexOf(':') + 1).trim(),
          ]),
      );
      if (fields.has('')) this.comments++;
      this.end = /^ended: ([a-z-]+)$/.exec(fields.get('') ?? '')?.[1] ?? this.end;
      if (fields.has('data'))
        this.events.push({
          id: fields.get('id') ?? '',
          event: fields.get('event') ?? '',
          data: JSON.parse(fields.get('data') ?? '') as unknown,
        });
    }
  }
}
