import { NO_REVISION } from '../log/index.js';
import { type ServerContext } from '../server-context.js';
import { parseEventFrame } from '../storage/event-frame.js';
import { serverEvent } from '../storage/log-writer.js';
import {
  encodeState,
  isEnabledIn,
  projectionStream,
  SYSTEM_PROJECTIONS,
  type SystemProjection,
  UPDATED_TYPE,
} from './system-projections.js';

export interface ProjectionState {
  readonly name: string;
  readonly status: 'Running' | 'Stopped' | 'Aborted/Stopped';
  /** Number of changes since the projection was created. */
  readonly version: number;
  /** Position in `$all` up to which it has processed events. */
  readonly position: number;
  /** Percentage of the log. */
  readonly progress: number;
}

/** The states of the system projections, kept in the log. In a store without such events, all of them run. */
export class ProjectionStates {
  /** As in KurrentDB, a projection that was aborted is only stopped after a restart. */
  readonly #aborted = new Set<string>();

  constructor(private readonly context: ServerContext) {}

  list(): ProjectionState[] {
    return SYSTEM_PROJECTIONS.map((projection) => this.#stateOf(projection));
  }

  /** Undefined for any other name. */
  find(name: string): ProjectionState | undefined {
    const projection = systemProjection(name);
    return projection && this.#stateOf(projection);
  }

  /** Resolves when the change is durable; no change if the projection is as requested. Other names are ignored. */
  async change(name: string, change: 'enable' | 'disable' | 'abort'): Promise<void> {
    const projection = systemProjection(name);
    if (projection === undefined) return;
    const enabled = change === 'enable';
    await this.context.commits.submit(() => {
      if ((this.#stateOf(projection).status === 'Running') !== enabled) writeState(this.context, projection, enabled);
    });
    if (enabled) this.#aborted.delete(name);
    else if (change === 'abort') this.#aborted.add(name);
  }

  #stateOf(projection: SystemProjection): ProjectionState {
    const { name } = projection;
    const { store } = this.context;
    const stream = store.streams.get(projectionStream(name));
    const stored = stream.lastRevision === NO_REVISION ? undefined : store.eventOf(stream, stream.lastRevision);
    const isEnabled = stored === undefined || isEnabledIn(parseEventFrame(stored.frame).data.toString('utf8'));
    const end = store.endPosition - 1;
    const position = isEnabled ? end : (stored?.position ?? end);
    return {
      name,
      status: isEnabled ? 'Running' : this.#aborted.has(name) ? 'Aborted/Stopped' : 'Stopped',
      version: Math.max(0, stream.lastRevision),
      position,
      progress: end === 0 ? 100 : (100 * position) / end,
    };
  }
}

function systemProjection(name: string): SystemProjection | undefined {
  return SYSTEM_PROJECTIONS.find((projection) => projection.name === name);
}

/** In a transaction: stores whether the projection runs. */
export function writeState(context: ServerContext, projection: SystemProjection, enabled: boolean): void {
  context.writer.append(projectionStream(projection.name), { kind: 'any' }, [
    serverEvent(context.newEventId(), UPDATED_TYPE, encodeState(projection, enabled)),
  ]);
}
