import { type GroupSettings } from './settings.js';

/** How far a group has come: everything up to the place is finished. */
export interface Checkpoint {
  readonly sourcePosition: number;
  /** Events that were looked at up to there, since the group runs. */
  readonly count: number;
}

type CheckpointSettings = Pick<GroupSettings, 'checkpointAfterMs' | 'minCheckpointCount' | 'maxCheckpointCount'>;

/**
 * Keeps track of which events of its source a group has finished, and says when that is worth a checkpoint. The checkpoint is the
 * place before the first unfinished event, whatever was finished after it: nothing is lost in a restart, some comes twice.
 */
export class Progress {
  /** Of the last event that the group took from its source. */
  lastKnownPosition: number | undefined;
  #examined = 0;
  #lastPosition: number | undefined;
  /** By sequence, in its order: the place looked at before the event; undefined if there was none. */
  readonly #unfinished = new Map<number, number | undefined>();
  #writtenCount = 0;
  #lastWriteMs: number;

  constructor(
    private readonly settings: CheckpointSettings,
    /** The place of the checkpoint with which the group starts. */
    private writtenPosition: number | undefined,
    nowMs: number,
  ) {
    this.#lastPosition = writtenPosition;
    this.#lastWriteMs = nowMs;
  }

  get checkpointedPosition(): number | undefined {
    return this.writtenPosition;
  }

  /** The group takes the event at the place. Returns its sequence, by which it is finished. */
  take(sourcePosition: number): number {
    const sequence = this.#examined++;
    this.#unfinished.set(sequence, this.#lastPosition);
    this.#lastPosition = sourcePosition;
    this.lastKnownPosition = sourcePosition;
    return sequence;
  }

  /** Events up to the place are none of the group's. `count`: how many of them count for the distance between checkpoints. */
  skip(sourcePosition: number, count: number): void {
    this.#examined += count;
    this.#lastPosition = sourcePosition;
  }

  finish(sequence: number): void {
    this.#unfinished.delete(sequence);
  }

  /** The checkpoint to write now, if any is due. [consume.stream.ack, consume.nack.skip] */
  due(nowMs: number): Checkpoint | undefined {
    const checkpoint = this.#reached();
    const dueAtMs = checkpoint && this.#dueAtMs(checkpoint);
    return dueAtMs === undefined || dueAtMs > nowMs ? undefined : checkpoint;
  }

  /** When one will be due if nothing more is finished; undefined if that is not worth one. */
  nextDueMs(): number | undefined {
    const checkpoint = this.#reached();
    return checkpoint && this.#dueAtMs(checkpoint);
  }

  written(checkpoint: Checkpoint, nowMs: number): void {
    this.writtenPosition = checkpoint.sourcePosition;
    this.#writtenCount = checkpoint.count;
    this.#lastWriteMs = nowMs;
  }

  /** It could not be written: it is tried again after the usual time. */
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
