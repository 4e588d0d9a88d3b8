import { sleep } from '../../common/wait.js';
import {
  closedAclOf,
  type EventStore,
  type ExpectedRevision,
  initialMetadata,
  isClosed,
  lastEventOf,
  type NewStreamMetadata,
  StreamDeletedError,
  type StreamMetadata,
  type VersionedStreamMetadata,
  WrongExpectedRevisionError,
} from '../domain/index.js';

type BeginningStore = Pick<EventStore, 'appendToStream' | 'readStream' | 'getStreamMetadata' | 'setStreamMetadata'>;

const NO_METADATA: VersionedStreamMetadata = { metadata: {}, revision: 'no_stream' };

/** How long another replica may take from the metadata of a stream to its first event. */
const CREATION_MS = 1_000;
const POLL_MS = 50;
/** Larger than any revision. */
const NO_REVISION = 2n ** 53n - 1n;

/**
 * Writes the metadata of a stream before its first event, closed to everyone except administrators ({@link
 * closedAclOf}). Metadata that someone else has written are replaced: nobody has to follow them yet.
 *
 * @param now ISO 8601
 * @returns the revision that the first event must expect; undefined if the stream has events
 * @throws errors of the store
 */
export async function beginStream(
  stream: NewStreamMetadata,
  store: BeginningStore,
  now: string,
): Promise<ExpectedRevision | undefined> {
  const { name, permissions } = stream;
  const initial = { ...initialMetadata(stream, now), acl: closedAclOf(permissions) };
  let waited = 0;
  for (let found = NO_METADATA; ; found = await store.getStreamMetadata(name)) {
    if (found.revision !== 'no_stream') {
      if ((await lastEventOf(store, name)) !== undefined) return undefined;
      if (isBegun(found.metadata) && isEqual(found.metadata, initial)) return firstRevision(found.metadata);
      if (isBegun(found.metadata) && waited < CREATION_MS) {
        waited += POLL_MS;
        await sleep(POLL_MS);
        continue;
      }
    }
    const truncateBefore = await hiddenEvents(found.metadata, name, store);
    try {
      const metadata = { ...initial, ...(truncateBefore === undefined ? {} : { truncateBefore }) };
      await store.setStreamMetadata(name, metadata, { expectedRevision: found.revision });
      return firstRevision(metadata);
    } catch (error) {
      if (error instanceof StreamDeletedError) throw new StreamDeletedError(name, error); // not of `$$name`
      if (!(error instanceof WrongExpectedRevisionError)) throw error;
    }
  }
}

/** Whether this service has begun the stream, or has set its events aside. */
function isBegun({ acl }: StreamMetadata): boolean {
  return isClosed(acl);
}

/**
 * `$tb` of a stream that had events: only an administrator can have hidden those of a closed one, and a soft delete
 * hides all. Any other limit was set by someone else, and would hide events to come.
 */
async function hiddenEvents(
  { acl, truncateBefore = 0 }: StreamMetadata,
  name: string,
  store: BeginningStore,
): Promise<number | undefined> {
  if (truncateBefore > Number.MAX_SAFE_INTEGER) return Number(await lastRevision(name, store)) + 1;
  return isClosed(acl) && truncateBefore > 0 ? truncateBefore : undefined;
}

/** Of a soft-deleted stream, which cannot be read: an append that cannot succeed tells it. */
async function lastRevision(name: string, store: BeginningStore): Promise<bigint> {
  try {
    await store.appendToStream(name, { type: 'StreamCreated', data: {} }, { expectedRevision: NO_REVISION });
  } catch (error) {
    if (error instanceof WrongExpectedRevisionError && typeof error.current === 'bigint') return error.current;
    throw error;
  }
  throw new Error(`Stream '${name}' has a revision that no stream has`);
}

/** Behind the events that are hidden, if there are some. */
function firstRevision({ truncateBefore = 0 }: StreamMetadata): ExpectedRevision {
  return truncateBefore === 0 ? 'no_stream' : BigInt(truncateBefore) - 1n;
}

/** Whether two creations would have the same metadata, except for their times. */
function isEqual(found: StreamMetadata, initial: StreamMetadata): boolean {
  const contentOf = ({ description, data, permissions, acl, maxAge, maxCount, metadata }: StreamMetadata): string =>
    JSON.stringify([description, data, permissions, acl, maxAge, maxCount, metadata?.tags, metadata?.owner]);
  return contentOf(found) === contentOf(initial);
}
