import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type Request, type Response } from 'express';
import { once } from 'node:events';
import { APP_CONFIG, type AppConfig } from '../../config/index.js';
import {
  type Caller,
  CLOCK,
  type Clock,
  ConnectionError,
  nameOf,
  RateLimitedError,
  type RecordedEvent,
  StoreWatch,
} from '../../event-store/index.js';
import { closeIfUnread, Places, ResponseBudget, stayOpen, StreamEventDto, subjectKey } from '../../http/index.js';
import { Authenticator, ConnectionCaller } from '../../identity/index.js';
import { type Feed, type FeedEnd, type FeedReader } from '../application/index.js';

/** Open feeds of one caller, or of one address for unauthenticated callers. */
const MAX_PER_CALLER = 50;
const MAX_TOTAL = 5_000;
/** Interval of SSE comments, with which both sides detect a broken connection. */
const KEEP_ALIVE_MS = 15_000;
/** Memory of an event that is not read, for each byte of its frame: the frame, its bytes, and the decoded event. */
const MEMORY_PER_BYTE = 3;
/** Reconnection time that clients receive. */
const RETRY_MS = 2_000;

/** Why a feed ended, for its last comment: documented in docs/user-streams.md. */
const SENT_ENDS = [
  'stream-deleted',
  'permission-lost',
  'credentials-expired',
  'credentials-revoked',
  'store-replaced',
  'shutdown',
  'unavailable',
] as const satisfies readonly (Exclude<FeedEnd, 'closed'> | 'store-replaced' | 'shutdown' | 'unavailable')[];
type SentEnd = (typeof SENT_ENDS)[number];

/**
 * Server-sent events (WHATWG HTML, 9.2) with backpressure, until client or server closes the connection. All are closed
 * when the store was replaced.
 */
@Injectable()
export class SseConnections implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #open = new Set<AbortController>();
  readonly #places = new Places(MAX_TOTAL, MAX_PER_CALLER);
  readonly #frames = new WeakMap<RecordedEvent, string>();

  constructor(
    @Inject(APP_CONFIG) private readonly config: Pick<AppConfig, 'http'>,
    private readonly watch: StoreWatch,
    private readonly authenticator: Authenticator,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly memory: ResponseBudget,
  ) {}

  onApplicationBootstrap(): void {
    this.watch.listen({ onReplaced: () => this.#closeAll('store-replaced') });
  }

  beforeApplicationShutdown(): void {
    this.#closeAll('shutdown');
  }

  /**
   * @param follow starts the subscription; an error of its promise becomes an error response
   * @throws RateLimitedError if the caller, or the service, already has the maximum of open feeds
   */
  async serve(
    request: Request,
    response: Response,
    caller: Caller,
    follow: (reader: FeedReader, signal: AbortSignal) => Promise<Feed>,
  ): Promise<void> {
    const subject = subjectKey(request, this.config.http.trustedProxies);
    const giveBack = this.#places.take(subject);
    if (!giveBack)
      throw new RateLimitedError(`Too many open live feeds for '${nameOf(caller)}'; close one, or retry later`);
    const controller = new AbortController();
    const { signal } = controller;
    this.#open.add(controller);
    const close = (): void => controller.abort();
    response.on('close', close);
    const reader = new ConnectionCaller(this.authenticator, request, caller, this.clock);
    const events = await follow(reader, signal).catch((error: unknown) => {
      this.#open.delete(controller);
      giveBack();
      throw error;
    });
    // Also while it waits for a client that does not read.
    const stopListening = reader.listen(() => void abortIfEnded(reader, controller));
    const keepAlive = setInterval(() => {
      if (!response.writableNeedDrain) response.write(':\n\n');
    }, KEEP_ALIVE_MS);
    const unread = this.memory.shareOf(subject);
    let end: SentEnd = 'unavailable';
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
      let step = await events.next();
      for (; step.done !== true; step = await events.next()) {
        const frame = this.#frameOf(step.value);
        if (response.write(frame)) continue;
        // A client that does not read would not receive the reason of an end either.
        if (!unread.resize(MEMORY_PER_BYTE * frame.length)) response.destroy();
        closeIfUnread(response);
        await once(response, 'drain', { signal });
        stayOpen(response);
        unread.release();
      }
      end = step.value === 'closed' ? abortedWith(signal) : step.value;
    } catch (error) {
      if (!signal.aborted) throw error;
      end = abortedWith(signal);
    } finally {
      stopListening();
      clearInterval(keepAlive);
      this.#open.delete(controller);
      giveBack();
      unread.release();
      controller.abort();
      if (response.headersSent && !response.writableEnded && request.method !== 'HEAD')
        response.write(`: ended: ${end}\n\n`);
      response.end();
    }
  }

  /** The same text for all feeds of a stream. */
  #frameOf(event: RecordedEvent): string {
    const frame = this.#frames.get(event) ?? frameOf(event);
    this.#frames.set(event, frame);
    return frame;
  }

  #closeAll(end: SentEnd): void {
    for (const controller of this.#open) controller.abort(end);
  }
}

async function abortIfEnded(reader: ConnectionCaller, controller: AbortController): Promise<void> {
  try {
    const now = await reader.current();
    if ('end' in now) controller.abort(now.end satisfies SentEnd);
  } catch (error) {
    // Nothing is delivered until the credentials can be verified.
    if (!(error instanceof ConnectionError)) controller.abort('unavailable' satisfies SentEnd);
  }
}

function abortedWith({ reason }: AbortSignal): SentEnd {
  return SENT_ENDS.find((end) => end === reason) ?? 'unavailable';
}

function frameOf(event: RecordedEvent): string {
  const dto = StreamEventDto.of(event);
  return `id: ${dto.revision}\nevent: ${event.type}\ndata: ${JSON.stringify(dto)}\n\n`;
}
