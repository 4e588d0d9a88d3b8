import { stringThat } from '../../common/parse.js';
import { type EventDefinition, isServiceName, type NewEvent } from '../../event-store/domain/index.js';

/** The `source` in the metadata of every event of this module. */
const UPTIME_SOURCE = 'penguin-pool-streams/uptime';

/** @param identity ISO 8601 time and id of the event, where they are not generated */
export function uptimeEvent<Type extends string, Data>(
  { type }: EventDefinition<Type, Data>,
  data: NoInfer<Data>,
  identity: Pick<NewEvent, 'timestamp' | 'eventId'> = {},
): NewEvent<Type, Data> {
  return { type, data, ...identity, metadata: { source: UPTIME_SOURCE } };
}

export const serviceName = stringThat('a service name', isServiceName);

/** An id that is allowed as a segment of a path. */
export const recordId = stringThat('1 to 100 letters, digits, _ or -', (text) => /^[\w-]{1,100}$/.test(text));

/** Rule for two timestamps; `to` is exclusive. */
export function rangeProblem({ from, to }: { readonly from: string; readonly to?: string }): string | undefined {
  return to === undefined || Date.parse(to) > Date.parse(from) ? undefined : 'to must be later than from';
}
