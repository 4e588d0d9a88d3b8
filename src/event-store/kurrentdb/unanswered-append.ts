import { BACKWARDS, END, type EventData, FORWARDS, type KurrentDBClient, START } from '@kurrent/kurrentdb-client';
import { sleep, withDeadline } from '../../common/wait.js';
import { type ExpectedRevision, type Position, type StreamsAppendResult, TimeoutError } from '../domain/index.js';

/** The part of an append for one stream, as it was sent. */
export interface SentEvents {
  readonly streamName: string;
  /** Ids in the store, in the order of the events. */
  readonly ids: readonly string[];
  readonly expectedRevision: ExpectedRevision;
}

type FindEvents = (sent: SentEvents) => Promise<LastEvent | undefined>;

interface LastEvent {
  readonly revision: bigint;
  readonly position?: Position | undefined;
}

const FIRST_LOOK_MS = 250;
const MAX_LOOK_INTERVAL_MS = 2_000;
/** Time limit of one look. */
const LOOK_MS = 1_000;
/** Events that other writers may have appended since, for an append without an expected revision. */
const SEARCHED_EVENTS = 1_000;

/**
 * The result of an append, also if its response never comes: KurrentDB drops an append silently while the same event
 * ids are being replicated, such as those of the same request at another replica. While there is no response, and once
 * more after a TimeoutError, the events are looked for in the store.
 *
 * @throws what `response` rejects with
 */
export async function respondedOrFound(
  response: Promise<StreamsAppendResult>,
  sent: readonly SentEvents[],
  find: FindEvents,
): Promise<StreamsAppendResult> {
  const look = (): Promise<StreamsAppendResult | undefined> => findAll(sent, find);
  const hasSettled = new AbortController();
  const final = response.catch(async (error: unknown) => {
    const found = error instanceof TimeoutError ? await look() : undefined;
    if (found) return found;
    throw error;
  });
  const settle = (): void => hasSettled.abort();
  final.then(settle, settle);
  return (await Promise.race([final, lookUntilFound(look, hasSettled.signal)])) ?? final;
}

async function lookUntilFound(
  look: () => Promise<StreamsAppendResult | undefined>,
  signal: AbortSignal,
): Promise<StreamsAppendResult | undefined> {
  for (let wait = FIRST_LOOK_MS; ; wait = Math.min(2 * wait, MAX_LOOK_INTERVAL_MS)) {
    await sleep(wait, signal);
    const found = signal.aborted ? undefined : await look();
    if (found || signal.aborted) return found;
  }
}

/**
 * Undefined unless the events of all streams are there. A failed look is one that found nothing: the next one may
 * succeed.
 */
async function findAll(sent: readonly SentEvents[], find: FindEvents): Promise<StreamsAppendResult | undefined> {
  const revisions = new Map<string, bigint>();
  let last: Position | undefined;
  try {
    const found = await withDeadline(Promise.all(sent.map(find)), LOOK_MS, () => new TimeoutError('looked too long'));
    for (const [index, event] of found.entries()) {
      if (!event) return undefined;
      revisions.set(sent[index]?.streamName ?? '', event.revision);
      if (event.position && !(last && last.commit > event.position.commit)) last = event.position;
    }
  } catch {
    return undefined;
  }
  return { revisions, position: last };
}

/**
 * The last event of an append, if its events are in the stream: behind the expected revision, or else among the last
 * ones.
 *
 * @throws errors of the client
 */
export async function findEvents(
  client: KurrentDBClient,
  { streamName, ids, expectedRevision }: SentEvents,
): Promise<LastEvent | undefined> {
  const isPlaceKnown = typeof expectedRevision === 'bigint' || expectedRevision === 'no_stream';
  const read = client.readStream(
    streamName,
    isPlaceKnown
      ? {
          direction: FORWARDS,
          fromRevision: expectedRevision === 'no_stream' ? START : expectedRevision + 1n,
          maxCount: ids.length,
        }
      : { direction: BACKWARDS, fromRevision: END, maxCount: SEARCHED_EVENTS + ids.length },
  );
  const found: (LastEvent & { readonly id: string })[] = [];
  for await (const { event } of read) if (event) found.push(event);
  // Those of one append have no others between them.
  const inReadOrder = isPlaceKnown ? ids : ids.toReversed();
  const first = isPlaceKnown ? 0 : found.findIndex(({ id }) => id === inReadOrder[0]);
  if (!inReadOrder.every((id, index) => found[first + index]?.id === id)) return undefined;
  return isPlaceKnown ? found.at(-1) : found[first];
}

export function sentEvents(
  streamName: string,
  events: readonly Pick<EventData, 'id'>[],
  expectedRevision: ExpectedRevision,
): SentEvents {
  return { streamName, ids: events.map(({ id }) => id), expectedRevision };
}
