import { CORRELATION_KEY } from '../log/index.js';

/** A system projection of KurrentDB; its streams are the index streams of the log, whether it runs or not. */
export interface SystemProjection {
  readonly name: string;
  readonly handler: string;
  readonly query: string;
}

const BY_FIRST_DASH = 'first\r\n-';

/** In the order in which KurrentDB creates them. */
export const SYSTEM_PROJECTIONS: readonly SystemProjection[] = [
  { name: '$streams', handler: 'IndexStreams', query: '' },
  { name: '$stream_by_category', handler: 'CategorizeStreamByPath', query: BY_FIRST_DASH },
  { name: '$by_category', handler: 'CategorizeEventsByStreamPath', query: BY_FIRST_DASH },
  { name: '$by_event_type', handler: 'IndexEventsByEventType', query: '' },
  {
    name: '$by_correlation_id',
    handler: 'ByCorrelationId',
    query: JSON.stringify({ correlationIdProperty: CORRELATION_KEY }),
  },
];

export const REGISTRATION_STREAM = '$projections-$all';
export const INITIALIZED_TYPE = '$ProjectionsInitialized';
export const CREATED_TYPE = '$ProjectionCreated';
export const UPDATED_TYPE = '$ProjectionUpdated';

/** Stream of the events that hold the state of the projection. */
export const projectionStream = (name: string): string => `$projections-${name}`;

export function encodeState({ handler, query }: SystemProjection, enabled: boolean): string {
  return JSON.stringify({
    handlerType: `native:KurrentDB.Projections.Core.Standard.${handler}`,
    query,
    mode: 'Continuous',
    enabled,
    emitEnabled: true,
    checkpointsDisabled: false,
    trackEmittedStreams: false,
  });
}

/** Whether the projection is enabled; so it is in a document that does not say, for admins may write any. */
export function isEnabledIn(state: string): boolean {
  try {
    const document: unknown = JSON.parse(state);
    return typeof document !== 'object' || document === null || Reflect.get(document, 'enabled') !== false;
  } catch (error) {
    if (error instanceof SyntaxError) return true;
    throw error;
  }
}
