import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type Request, type Response } from 'express';
import { once } from 'node:events';
import { APP_CONFIG, type AppConfig } from '../../config/index.js';
import { type Caller, nameOf, RateLimitedError, type RecordedEvent, StoreWatch } from '../../event-store/index.js';
import { Places, StreamEventDto, subjectKey } from '../../http/index.js';

/** Open feeds of one caller, or of one address for unauthenticated callers. */
const MAX_PER_CALLER = 50;
const MAX_TOTAL = 5_000;
/** Interval of SSE comments, with which both sides detect a broken connection. */
const KEEP_ALIVE_MS = 15_000;
/** Reconnection time that clients receive. */
const RETRY_MS = 2_000;
/** Maximum delay of `setTimeout`. */
const MAX_TIMER_MS = 2_147_483_647;

/**
 * Server-sent events (WHATWG HTML, 9.2) with backpressure, until client or server closes the connection. All are closed
 * when the store was replaced.
 */
@Injectable()
export class SseConnections implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #open = new Set<AbortController>();
  readonly #places = new Places(MAX_TOTAL, MAX_PER_CALLER);

  constructor(
    @Inject(APP_CONFIG) private readonly config: Pick<AppConfig, 'http'>,
    private readonly watch: StoreWatch,
  ) {}

  onApplicationBootstrap(): void {
    this.watch.listen({ onReplaced: () => this.#closeAll() });
  }

  beforeApplicationShutdown(): void {
    this.#closeAll();
  }

  /**
   * @param follow starts the subscription; an error of its promise becomes an error response
   * @throws RateLimitedError if the caller, or the service, already has the maximum of open feeds
   */
  async serve(
    request: Request,
    response: Response,
    caller: Caller,
    follow: (signal: AbortSignal) => Promise<AsyncGenerator<RecordedEvent>>,
  ): Promise<void> {
    const giveBack = this.#places.take(subjectKey(request, this.config.http.trustedProxies));
    if (!giveBack)
      throw new RateLimitedError(`Too many open live feeds for '${nameOf(caller)}'; close one, or retry later`);
    const controller = new AbortController();
    const { signal } = controller;
    this.#open.add(controller);
    const close = (): void => controller.abort();
    response.on('close', close);
    const events = await follow(signal).catch((error: unknown) => {
      this.#open.delete(controller);
      giveBack();
      throw error;
    });
    const expiry =
      caller.kind === 'known' && caller.expiresAt !== undefined
        ? setTimeout(close, Math.min(Math.max(0, caller.expiresAt - Date.now()), MAX_TIMER_MS))
        : undefined;
    const keepAlive = setInterval(() => response.write(':\n\n'), KEEP_ALIVE_MS);
    try {
      // no-transform: compression would delay events.
      response.writeHead(200, {
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'private, no-cache, no-transform',
        'X-Accel-Buffering': 'no',
      });
      // A response to HEAD has no body, so it ends here.
      if (request.method === 'HEAD') return;
      response.write(`retry: ${RETRY_MS}\n\n`);
      for await (const event of events) {
        if (!response.write(frameOf(event))) await once(response, 'drain', { signal });
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      clearTimeout(expiry);
      clearInterval(keepAlive);
      this.#open.delete(controller);
      giveBack();
      controller.abort();
      response.end();
    }
  }

  #closeAll(): void {
    for (const controller of this.#open) controller.abort();
  }
}

function frameOf(event: RecordedEvent): string {
  const dto = StreamEventDto.of(event);
  return `id: ${dto.revision}\nevent: ${event.type}\ndata: ${JSON.stringify(dto)}\n\n`;
}
