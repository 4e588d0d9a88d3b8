import { asRequired, type Circumstances, hasStarted, type Indicators, partsOf } from './readiness.js';

const UP = { status: 'up' } as const;
const DOWN = { status: 'down' } as const;
const ALL_UP: Indicators = { kurrentdb: UP, uptime: UP, userStreams: UP, process: UP };
const NO_STORE: Indicators = { kurrentdb: DOWN, uptime: DOWN, userStreams: DOWN, process: UP };
const FAILING_WRITES: Indicators = { ...ALL_UP, kurrentdb: { status: 'degraded', writes: 'failing' } };
/** Of a replica that was ready before. */
const RUNNING: Circumstances = { requires: 'process', isReplaced: false, isHistoryComplete: true, wasReady: true };
const STRICT: Circumstances = { ...RUNNING, requires: 'store' };

/** Whether Terminus answers 200: no indicator is down. */
function isAnswered200(indicators: Indicators, circumstances: Circumstances): boolean {
  return Object.values(asRequired(indicators, circumstances)).every(({ status }) => status !== 'down');
}

describe('a replica of which only its process is required', () => {
  it.each<[string, Indicators, Partial<Circumstances>]>([
    ['everything works', ALL_UP, {}],
    ['the store is away', NO_STORE, {}],
    ['writes fail', FAILING_WRITES, {}],
    ['user streams are not up to date', { ...ALL_UP, userStreams: DOWN }, {}],
    ['the tables of uptime are not up to date any more', { ...ALL_UP, uptime: DOWN }, {}],
    ['it starts without the store, with complete tables', NO_STORE, { wasReady: false }],
  ])('is ready while %s', (_, indicators, circumstances) => {
    expect(isAnswered200(indicators, { ...RUNNING, ...circumstances })).toBe(true);
  });

  it.each<[string, Indicators, Partial<Circumstances>]>([
    ['the store was replaced', NO_STORE, { isReplaced: true }],
    ['something could not be loaded', { ...ALL_UP, process: DOWN }, {}],
    ['it starts, and the tables of uptime will be up to date soon', { ...ALL_UP, uptime: DOWN }, { wasReady: false }],
    ['there is no store, and its tables were never complete', NO_STORE, { isHistoryComplete: false }],
  ])('is not ready while %s', (_, indicators, circumstances) => {
    expect(isAnswered200(indicators, { ...RUNNING, ...circumstances })).toBe(false);
  });
});

describe('a replica of which the store is required', () => {
  it('is ready while everything works', () => {
    expect(isAnswered200(ALL_UP, STRICT)).toBe(true);
  });

  it.each<[string, Indicators]>([
    ['the store is away', NO_STORE],
    ['writes fail', FAILING_WRITES],
    ['user streams are not up to date', { ...ALL_UP, userStreams: DOWN }],
    ['uptime is not up to date', { ...ALL_UP, uptime: DOWN }],
  ])('is not ready while %s', (_, indicators) => {
    expect(isAnswered200(indicators, STRICT)).toBe(false);
  });
});

describe('the parts of a replica', () => {
  it.each<[string, Indicators, object]>([
    ['everything works', ALL_UP, { store: 'ok', writes: 'ok', userStreams: 'ok' }],
    ['the store is away', NO_STORE, { store: 'degraded', writes: 'degraded', userStreams: 'degraded' }],
    [
      'the store does not answer',
      { ...ALL_UP, kurrentdb: { status: 'degraded', answered: false } },
      { store: 'degraded', writes: 'degraded', userStreams: 'ok' },
    ],
    ['writes fail', FAILING_WRITES, { store: 'ok', writes: 'degraded', userStreams: 'ok' }],
    ['uptime is degraded', { ...ALL_UP, uptime: DOWN }, { store: 'ok', writes: 'ok', userStreams: 'ok' }],
  ])('are listed while %s', (_, indicators, parts) => {
    expect(partsOf(indicators)).toEqual(parts);
  });
});

describe('the start of a replica', () => {
  const starting = { ...RUNNING, wasReady: false };

  it('is over when everything works, also if writes fail', () => {
    expect(hasStarted(ALL_UP, starting)).toBe(true);
    expect(hasStarted(FAILING_WRITES, { ...STRICT, wasReady: false })).toBe(true);
  });

  it('waits for user streams while there is a store', () => {
    expect(hasStarted({ ...ALL_UP, userStreams: DOWN }, starting)).toBe(false);
  });

  it('is over without a store where uptime can be answered and the store is not required', () => {
    expect(hasStarted(NO_STORE, starting)).toBe(true);
    expect(hasStarted(NO_STORE, { ...starting, isHistoryComplete: false })).toBe(false);
    expect(hasStarted(NO_STORE, { ...starting, requires: 'store' })).toBe(false);
  });
});
