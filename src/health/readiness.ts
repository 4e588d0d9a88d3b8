import { type AppConfig } from '../config/index.js';

/** As an indicator of Terminus reports it. */
export interface Reported {
  readonly status: 'up' | 'degraded' | 'down';
  readonly writes?: unknown;
  readonly answered?: unknown;
}

export interface Indicators<Of extends Reported = Reported> {
  readonly kurrentdb: Of;
  readonly uptime: Of;
  readonly userStreams: Of;
  readonly process: Of;
}

export interface Circumstances {
  readonly requires: AppConfig['readyzRequires'];
  /** The tables are those of a store that was replaced. */
  readonly isReplaced: boolean;
  /** The tables of uptime were complete once. */
  readonly isHistoryComplete: boolean;
  readonly wasReady: boolean;
}

type PartStatus = 'ok' | 'degraded';

/** What the service can do beside answering uptime from its tables. */
export interface Parts {
  readonly store: PartStatus;
  readonly writes: PartStatus;
  readonly userStreams: PartStatus;
}

/**
 * Whether requests should be sent to this replica. With `process`, it is ready while it can answer uptime, although
 * perhaps from old tables; at its start only if the store is away, since otherwise the tables will be complete soon.
 */
export function isReady({ kurrentdb, uptime, process }: Indicators, circumstances: Circumstances): boolean {
  const { isReplaced, isHistoryComplete, wasReady } = circumstances;
  const mayBeOld = isHistoryComplete && (wasReady || kurrentdb.status === 'down');
  return process.status !== 'down' && !isReplaced && (uptime.status !== 'down' || mayBeOld);
}

export function partsOf({ kurrentdb, userStreams }: Indicators): Parts {
  const store = kurrentdb.status === 'down' || kurrentdb.answered === false ? 'degraded' : 'ok';
  return {
    store,
    writes: kurrentdb.writes === 'failing' ? 'degraded' : store,
    userStreams: userStreams.status === 'up' ? 'ok' : 'degraded',
  };
}

/**
 * The indicators as readiness counts them: with `process`, what a ready replica lacks is degraded; with `store`,
 * writes that fail make the store unusable.
 */
export function asRequired<Of extends Reported>(
  indicators: Indicators<Of>,
  circumstances: Circumstances,
): Indicators<Of> {
  if (circumstances.requires === 'store') {
    const { kurrentdb } = indicators;
    return kurrentdb.writes === 'failing' ? { ...indicators, kurrentdb: { ...kurrentdb, status: 'down' } } : indicators;
  }
  if (!isReady(indicators, circumstances)) return indicators;
  const tolerated = (reported: Of): Of => (reported.status === 'down' ? { ...reported, status: 'degraded' } : reported);
  const { kurrentdb, uptime, userStreams, process } = indicators;
  return {
    kurrentdb: tolerated(kurrentdb),
    uptime: tolerated(uptime),
    userStreams: tolerated(userStreams),
    process,
  };
}

/** Whether the start is over: everything works, or the store is away and uptime can be answered without it. */
export function hasStarted(indicators: Indicators, circumstances: Circumstances): boolean {
  if (Object.values(indicators).every(({ status }: Reported) => status !== 'down')) return true;
  return (
    circumstances.requires === 'process' && indicators.kurrentdb.status === 'down' && isReady(indicators, circumstances)
  );
}
