import {
  type KurrentDBClient,
  START,
  StreamNotFoundError,
  streamNameFilter,
  WrongExpectedVersionError,
} from '@kurrent/kurrentdb-client';
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { collect, counted, useClient } from '../support/embedded-client.js';

/** One step of a client. `expect`: the last revision that it saw, or any. `retry`: repeats the append. */
interface Step {
  readonly client: number;
  readonly stream: number;
  readonly events: number;
  readonly expect: 'any' | 'last';
  readonly retry: boolean;
}

const STREAMS = 3;
const steps = fc.array(
  fc.record<Step>({
    client: fc.nat({ max: 3 }),
    stream: fc.nat({ max: STREAMS - 1 }),
    events: fc.integer({ min: 1, max: 4 }),
    expect: fc.constantFrom('any', 'last'),
    retry: fc.boolean(),
  }),
  { minLength: 1, maxLength: 30 },
);

type Sequence = { readonly id: string; readonly revision: number; readonly position: bigint }[];

/** Runs each client's steps in order, all clients concurrently. Returns the ids of the successful appends. */
async function play(client: KurrentDBClient, names: readonly string[], plan: readonly Step[]): Promise<string[][]> {
  const succeeded: string[][] = [];
  const lastSeen = new Map<string, bigint>();
  const clients = [0, 1, 2, 3].map(async (number) => {
    for (const step of plan.filter((candidate) => candidate.client === number)) {
      const name = names[step.stream] ?? '';
      const events = Array.from({ length: step.events }, (_, n) => counted(n));
      const seen = lastSeen.get(name);
      const streamState = step.expect === 'last' ? (seen ?? 'no_stream') : 'any';
      try {
        const result = await client.appendToStream(name, events, { streamState });
        if (step.retry) expect(await client.appendToStream(name, events, { streamState })).toEqual(result);
        lastSeen.set(name, result.nextExpectedRevision);
        succeeded.push(events.map(({ id }) => id));
      } catch (error) {
        if (!(error instanceof WrongExpectedVersionError)) throw error;
      }
    }
  });
  await Promise.all(clients);
  return succeeded;
}

async function readOne(client: KurrentDBClient, name: string): Promise<Sequence> {
  try {
    return (await collect(client.readStream(name))).map(({ event }) => ({
      id: event?.id ?? '',
      revision: Number(event?.revision),
      position: event?.position?.commit ?? 0n,
    }));
  } catch (error) {
    if (error instanceof StreamNotFoundError) return [];
    throw error;
  }
}

describe('concurrent appends of several clients', () => {
  const used = useClient();

  it('leave no gaps in revisions, ascending positions, the same order in $all and no duplicates of retries', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const run = randomUUID();
        const names = Array.from({ length: STREAMS }, (_, n) => `property-${run}-${n}`);
        const succeeded = await play(used.client, names, plan);
        const streams = await Promise.all(names.map((name) => readOne(used.client, name)));

        for (const events of streams) expect(events.map(({ revision }) => revision)).toEqual(events.map((_, n) => n));
        const ids = streams.flat().map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        expect([...ids].sort()).toEqual(succeeded.flat().sort());
        for (const append of succeeded) {
          const events = streams.flat().filter(({ id }) => append.includes(id));
          expect(events.map(({ id }) => id)).toEqual(append); // together and in order
          expect(Number(events.at(-1)?.revision) - Number(events[0]?.revision)).toBe(append.length - 1);
        }

        const all = await collect(
          used.client.readAll({ fromPosition: START, filter: streamNameFilter({ prefixes: [`property-${run}`] }) }),
        );
        const positions = all.map(({ event }) => event?.position?.commit ?? 0n);
        expect(positions.every((position, n) => n === 0 || position > (positions[n - 1] ?? 0n))).toBe(true);
        for (const [n, name] of names.entries()) {
          expect(all.filter(({ event }) => event?.streamId === name).map(({ event }) => event?.id)).toEqual(
            streams[n]?.map(({ id }) => id),
          );
        }
      }),
      { numRuns: 40 },
    );
  }, 120_000);
});
