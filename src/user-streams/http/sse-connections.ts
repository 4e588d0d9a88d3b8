import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { type Request, type Response } from 'express';
import { once } from 'node:events';
import { type Caller, nameOf, RateLimitedError, type RecordedEvent } from '../../event-store/index.js';
import { StreamEventDto } from '../../http/index.js';

/** How many feeds one caller, or one address, may follow at once, and how many there may be in all. */
const MAX_PER_CALLER = 50;
const MAX_TOTAL = 5_000;
/** Something is sent at least so often, so that a connection that broke shows on both sides. */
const KEEP_ALIVE_MS = 15_000;
/** What a client waits before it comes back. */
const RETRY_MS = 2_000;
/** Longest time that a timer can wait. */
const MAX_TIMER_MS = 2_147_483_647;

/** Serves events as server-sent events (WHATWG HTML, 9.2), each when it can be taken, until one side goes. */
@Injectable()
export class SseConnections implements BeforeApplicationShutdown {
  readonly #open = new Map<AbortController, string>();

  beforeApplicationShutdown(): void {
    for (const controller of this.#open.keys()) controller.abort();
  }

  /**
   * @param follow begins to follow; what it throws at once is answered as an error
   * @throws RateLimitedError where there are too many feeds already
   */
  async serve(
    request: Request,
    response: Response,
    caller: Caller,
    follow: (signal: AbortSignal) => AsyncGenerator<RecordedEvent>,
  ): Promise<void> {
    const who = caller.kind === 'known' ? caller.id : `address:${request.ip}`;
    if (
      this.#open.size >= MAX_TOTAL ||
      [...this.#open.values()].filter((other) => other === who).length >= MAX_PER_CALLER
    ) {
      throw new RateLimitedError(
        `There are too many live feeds open for '${nameOf(caller)}'; close one, or come back later`,
      );
    }
    const controller = new AbortController();
    const { signal } = controller;
    const events = follow(signal);
    this.#open.set(controller, who);
    const close = (): void => controller.abort();
    response.on('close', close);
    const expiry =
      caller.kind === 'known' && caller.expiresAt !== undefined
        ? setTimeout(close, Math.min(Math.max(0, caller.expiresAt - Date.now()), MAX_TIMER_MS))
        : undefined;
    const keepAlive = setInterval(() => response.write(':\n\n'), KEEP_ALIVE_MS);
    try {
      // no-transform: compressing would hold events back.
      response.writeHead(200, {
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'private, no-cache, no-transform',
        'X-Accel-Buffering': 'no',
      });
      // Nothing follows the head, and nobody would end it.
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
      controller.abort();
      response.end();
    }
  }
}

function frameOf(event: RecordedEvent): string {
  const told = StreamEventDto.of(event);
  return `id: ${told.revision}\nevent: ${event.type}\ndata: ${JSON.stringify(told)}\n\n`;
}
