import { defineEvent, EventRegistry, isEvent } from './event-registry.js';
import { type RecordedEvent } from './event.js';

interface Renamed {
  readonly fullName: string;
}

const Renamed = defineEvent<'Renamed', Renamed>({
  type: 'Renamed',
  schemaVersion: 3,
  upcasters: {
    1: (data) => ({ name: (data as { n: string }).n }),
    2: (data) => ({ fullName: (data as { name: string }).name }),
  },
  parse: (data) => {
    const { fullName } = data as Partial<Renamed>;
    if (typeof fullName !== 'string') throw new Error('fullName must be a string');
    return { fullName };
  },
});

function registryOf(...definitions: Parameters<EventRegistry['register']>[0][]): EventRegistry {
  const registry = new EventRegistry();
  for (const definition of definitions) registry.register(definition);
  return registry;
}

const recorded = (event: Partial<RecordedEvent>): RecordedEvent => ({
  type: 'Renamed',
  data: {},
  metadata: {},
  timestamp: '2026-01-01T00:00:00.000Z',
  eventId: 'evt_1_aaaaaaaa',
  streamName: 's',
  revision: 0n,
  position: undefined,
  created: 0,
  ...event,
});

describe('event registry', () => {
  it('upcasts data of every older schema version to the current one', () => {
    const registry = registryOf(Renamed);
    expect(registry.decode('Renamed', { n: 'Ada' }, 1)).toEqual({ data: { fullName: 'Ada' } });
    expect(registry.decode('Renamed', { name: 'Ada' }, 2)).toEqual({ data: { fullName: 'Ada' } });
    expect(registry.decode('Renamed', { fullName: 'Ada' }, 3)).toEqual({ data: { fullName: 'Ada' } });
  });

  it('distinguishes data of a newer version from malformed data, and changes neither', () => {
    const registry = registryOf(Renamed);
    expect(registry.decode('Renamed', { first: 'Ada' }, 4)).toMatchObject({
      data: { first: 'Ada' },
      problem: { reason: 'newer-schema-version', message: expect.stringContaining('Upgrade the service') as string },
    });
    expect(registry.decode('Renamed', { fullName: 7 }, 3)).toEqual({
      data: { fullName: 7 },
      problem: { reason: 'malformed', message: 'fullName must be a string' },
    });
    expect(registry.decode('Renamed', null, 1)).toMatchObject({ data: null, problem: { reason: 'malformed' } });
    expect(registry.decode('Renamed', { n: 'Ada' }, 0)).toMatchObject({ problem: { reason: 'malformed' } });
  });

  it('returns data of unregistered types unchanged', () => {
    expect(registryOf().decode('Renamed', { n: 'Ada' }, 1)).toEqual({ data: { n: 'Ada' } });
  });

  it('returns the schema version of a registered type', () => {
    expect(registryOf(Renamed).schemaVersionOf('Renamed')).toBe(3);
    expect(registryOf().schemaVersionOf('Renamed')).toBeUndefined();
  });

  it('rejects a second definition of a type, but accepts the same one again', () => {
    const registry = registryOf(Renamed, Renamed);
    expect(() => registry.register({ ...Renamed })).toThrow("Event type 'Renamed' is defined twice");
  });

  it('rejects a definition without an upcaster', () => {
    expect(() =>
      defineEvent({ type: 'Gap', schemaVersion: 3, upcasters: { 2: (data) => data }, parse: (data) => data }),
    ).toThrow('no upcaster from version 1');
  });

  it('narrows an event to its type only if it could be decoded', () => {
    expect(isEvent(recorded({}), Renamed)).toBe(true);
    expect(isEvent(recorded({ type: 'Other' }), Renamed)).toBe(false);
    expect(isEvent(recorded({ problem: { reason: 'malformed', message: 'bad' } }), Renamed)).toBe(false);
  });
});
