import {
  type EventStore,
  type ExpectedRevision,
  type NewStreamMetadata,
  type Position,
  WrongExpectedRevisionError,
} from '../domain/index.js';
import {
  type Command,
  type CommandDependencies,
  type CommandStore,
  type CommandWrite,
  type Decision,
  type RetryPolicy,
  type Written,
} from './command.js';
import { withCommandMetadata } from './command-metadata.js';
import { VISIBLE_WITHIN_MS, waitForReadModel } from './wait-for-read-model.js';

/** For streams with few writers: each conflict means that another command was executed. */
export const DEFAULT_RETRY: RetryPolicy = { attempts: 10 };

const NOTHING_WRITTEN: Written = { position: undefined, revisions: new Map() };

type Attempt<Result> = { readonly result: Result } | { readonly conflict: WrongExpectedRevisionError };

/**
 * Executes a command with optimistic concurrency: decides on the current state, appends at that revision, retries on
 * conflict unless the caller fixed the revision, and waits until the read model of this process shows the write.
 *
 * @throws errors of the command's steps and of the store; WrongExpectedRevisionError when the retries are exhausted,
 *   TimeoutError if the read model does not catch up after a conflict
 */
export function handleCommand<State, Decided extends Decision, Result>(
  command: Command<State, Decided, Result>,
  dependencies: CommandDependencies,
): Promise<Result> {
  const { store, mutex, readModel } = dependencies;
  return mutex.run(command.streams, async () => {
    const mayRetry = retries(command.retry ?? DEFAULT_RETRY);
    for (let attempt = 1; ; attempt++) {
      const outcome = await attemptCommand(command, dependencies, attempt);
      if ('result' in outcome) return outcome.result;
      const { conflict } = outcome;
      if (!mayRetry(attempt)) throw conflict;
      if (readModel && conflict.streamName !== undefined) await waitForReadModel(store, conflict.streamName, readModel);
    }
  });
}

async function attemptCommand<State, Decided extends Decision, Result>(
  command: Command<State, Decided, Result>,
  { store, readModel, prepare }: CommandDependencies,
  attempt: number,
): Promise<Attempt<Result>> {
  let state = await command.load(attempt);
  command.authorize?.(state);
  const stale = command.staleStreams?.(state) ?? [];
  if (readModel && stale.length > 0) {
    for (const streamName of stale) await waitForReadModel(store, streamName, readModel);
    state = await command.load(attempt);
  }
  const decided = command.replay?.(state) ?? command.decide(state);
  const release = command.reserve?.(decided);
  try {
    const stamped = withCommandMetadata(decided.writes ?? [], command.info);
    const prepared = prepare ? await prepare(stamped) : stamped;
    const { writes, begun } = await beginStreams(store, decided, prepared);
    const outcome = await write(store, decided, writes);
    if (outcome instanceof WrongExpectedRevisionError) return { conflict: outcome };
    if (outcome.revisions.size > 0) command.acknowledged?.(decided, outcome);
    const visible = outcome.position && readModel?.waitFor(outcome.position, VISIBLE_WITHIN_MS);
    // Once the usage includes the write, the reservation would count it twice while the metadata are written.
    const released = release ? visible?.finally(release) : visible;
    const last = await initializeMetadata(
      store,
      (decided.initialMetadata ?? []).filter(({ name }) => !begun.has(name)),
    );
    await (last && readModel ? readModel.waitFor(last, VISIBLE_WITHIN_MS) : released);
    return { result: command.result(decided, outcome) };
  } finally {
    release?.();
  }
}

/** @returns the error for a conflict that may be resolved by a retry. @throws all other errors */
async function write(
  store: CommandStore,
  decided: Decision,
  writes: readonly CommandWrite[],
): Promise<Written | WrongExpectedRevisionError> {
  try {
    if (!decided.metadata) return await append(store, writes, decided);
    const { streamName, metadata, expectedRevision } = decided.metadata;
    const { revision, position } = await store.setStreamMetadata(streamName, metadata, { expectedRevision });
    return { position, revisions: new Map([[streamName, revision]]) };
  } catch (error) {
    if (!(error instanceof WrongExpectedRevisionError) || error.streamName === undefined) throw error;
    const conflicting = decided.metadata ?? writes.find(({ streamName }) => streamName === error.streamName);
    if (conflicting?.isRevisionFixed) throw error;
    return error;
  }
}

async function append(
  store: CommandStore,
  writes: readonly CommandWrite[],
  { checks = [] }: Decision,
): Promise<Written> {
  const [first, ...others] = writes;
  if (!first) return NOTHING_WRITTEN;
  if (others.length > 0) {
    if (checks.length > 0) throw new Error('Consistency checks are supported with one write only');
    return store.appendToStreams(writes);
  }
  const { streamName, events, expectedRevision } = first;
  const { revision, position } =
    checks.length > 0
      ? await store.appendConditionally(first, checks)
      : await store.appendToStream(streamName, events, { expectedRevision });
  return { position, revisions: new Map([[streamName, revision]]) };
}

/** The streams that the command creates get their metadata first: see {@link beginStream}. */
async function beginStreams(
  store: Pick<EventStore, 'beginStream'>,
  { initialMetadata = [] }: Decision,
  writes: readonly CommandWrite[],
): Promise<{ readonly writes: readonly CommandWrite[]; readonly begun: ReadonlyMap<string, ExpectedRevision> }> {
  const created = writes.filter(({ expectedRevision }) => expectedRevision === 'no_stream');
  const begun = new Map<string, ExpectedRevision>();
  for (const stream of initialMetadata) {
    if (!created.some(({ streamName }) => streamName === stream.name)) continue;
    // A stream with events makes the append conflict.
    begun.set(stream.name, (await store.beginStream(stream)) ?? 'no_stream');
  }
  return {
    writes: writes.map((write) => ({
      ...write,
      expectedRevision: begun.get(write.streamName) ?? write.expectedRevision,
    })),
    begun,
  };
}

async function initializeMetadata(
  store: Pick<EventStore, 'initializeMetadata'>,
  streams: readonly NewStreamMetadata[],
): Promise<Position | undefined> {
  if (streams.length === 0) return undefined;
  const written = await Promise.all(streams.map((stream) => store.initializeMetadata(stream)));
  return written
    .flatMap((result) => result?.position ?? [])
    .reduce<Position | undefined>(
      (last, position) => (last && last.commit > position.commit ? last : position),
      undefined,
    );
}

function retries(policy: RetryPolicy): (attempt: number) => boolean {
  if ('attempts' in policy) return (attempt) => attempt < policy.attempts;
  const end = policy.clock.monotonic() + policy.forMs;
  return () => policy.clock.monotonic() <= end;
}
