import { type AllStreamResolvedEvent, BACKWARDS, END, type KurrentDBClient } from '@kurrent/kurrentdb-client';

/** The last event of `$all`, or of what the filter selects; undefined if there is none. @throws errors of the client */
export async function lastEventOfAll(
  client: KurrentDBClient,
  options: Pick<NonNullable<Parameters<KurrentDBClient['readAll']>[0]>, 'filter' | 'requiresLeader'> = {},
): Promise<AllStreamResolvedEvent['event']> {
  const read = client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1, ...options });
  for await (const { event } of read) return event;
  return undefined;
}
