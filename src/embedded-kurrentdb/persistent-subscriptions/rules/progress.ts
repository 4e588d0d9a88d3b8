import { type GroupSettings } from './settings.js';

/** A checkpoint: all events up to the source position are finished. */
export interface Checkpoint {
  readonly sourcePosition: number;
  /** Events examined up to there since the group was started. */
  readonly count: number;
}

type CheckpointSettings = Pick<GroupSettings, 'checkpointAfterMs' | 'minCheckpointCount' | 'maxCheckpointCount'>;

/**
 * Tracks the unfinished events of a group and decides when a checkpoint is due. The checkpoint is the source position
 * before the first unfinished event: after a restart no event is lost, some are delivered twice.
 */
export class Progress {
  /** Source position of the last event that the group took. */
  lastKnownPosition: number | undefined;
  #examined = 0;
  #lastPosition: number | undefined;
  /** The source position before each unfinished event, by sequence number; undefined before the first event. */
  readonly #unfinished = new Map<number, number | undefined>();
  #writtenCount = 0;
  #lastWriteMs: number;

  constructor(
    private readonly settings: CheckpointSettings,
    /** Source position of the last written checkpoint. */
    public checkpointedPosition: number | undefined,
    nowMs: number,
  ) {
    this.#lastPosition = checkpointedPosition;
    this.#lastWriteMs = nowMs;
  }

  /** Takes the event at the position. Returns its sequence number for {@link finish}. */
  take(sourcePosition: number): number {
    const sequence = this.#examined++;
    this.#unfinished.set(sequence, this.#lastPosition);
    this.#lastPosition = sourcePosition;
    this.lastKnownPosition = sourcePosition;
    return sequence;
  }

  /** Skips events up to the position. `count`: how many of them count towards the next checkpoint. */
  skip(sourcePosition: number, count: number): void {
    this.#examined += count;
    this.#lastPosition = sourcePosition;
  }

  finish(sequence: number): void {
    this.#unfinished.delete(sequence);
  }

  /** The checkpoint that is due now, if any. [consume.stream.ack, consume.nack.skip] */
  due(nowMs: number): Checkpoint | undefined {
    const checkpoint = this.#reached();
    const dueAtMs = checkpoint && this.#dueAtMs(checkpoint);
    return dueAtMs === undefined || dueAtMs > nowMs ? undefined : checkpoint;
  }

  /** When the next checkpoint is due if no further event finishes. */
  nextDueMs(): number | undefined {
    const checkpoint = this.#reached();
    return checkpoint && this.#dueAtMs(checkpoint);
  }

  written(checkpoint: Checkpoint, nowMs: number): void {
    this.checkpointedPosition = checkpoint.sourcePosition;
    this.#writtenCount = checkpoint.count;
    this.#lastWriteMs = nowMs;
  }

  /** The checkpoint could not be written: retries after `checkpointAfterMs`. */
  postpone(nowMs: number): void {
    this.#lastWriteMs = nowMs;
  }

  #reached(): Checkpoint | undefined {
    const first = this.#unfinished.entries().next();
    const [count, sourcePosition] = first.done === true ? [this.#examined, this.#lastPosition] : first.value;
    return sourcePosition === undefined ? undefined : { sourcePosition, count };
  }

  #dueAtMs({ count }: Checkpoint): number | undefined {
    const { minCheckpointCount, maxCheckpointCount, checkpointAfterMs } = this.settings;
    const finished = count - this.#writtenCount;
    if (finished < 1) return undefined;
    if (finished >= maxCheckpointCount) return this.#lastWriteMs;
    return finished < minCheckpointCount ? undefined : this.#lastWriteMs + checkpointAfterMs;
  }
}
