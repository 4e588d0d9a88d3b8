import { type EventStore, isEvent, serviceUptimeStream, StreamDeletedError, StreamNotFoundError, WrongExpectedRevisionError } from '../../event-store/domain/index.js';
import { decide, evolve, type MonitoredService, NEVER_PROBED, rebase, type Sample, ServiceStatusChanged, type StatusChange, statusChangeOf, toServiceStatusChanged, type UptimeState } from '../domain/index.js';
import { type Log } from './log.js';
import { createStreamsOf } from './uptime-streams.js';

/** Samples that wait for the stream's state, and changes that wait for the store: more than days of an outage bring forth. */
const MOST_UNJUDGED_SAMPLES = 20_000;
const MOST_WAITING_CHANGES = 5_000;
/** How often, in one go, other writers may be first before the rest is left to the next one. */
const MOST_CONFLICTS = 5;
const PAGE = 50;

/** Where the stream stood when it was last read or written. */
interface Recorded {
  readonly revision: bigint | 'no_stream';
  readonly last: StatusChange | undefined;
}

type JournalStore = Pick<EventStore, 'appendToStream' | 'readStream' | 'createStream'>;

/**
 * The changes of one service, from the samples that show them to the stream that keeps them.
 *
 * What is in the stream is the truth: state comes from there, and where another writer was faster, it comes from there again and
 * the changes that wait are fitted to it. While the store cannot be reached they wait, in order, and are appended later with the
 * times they had, once: each append names the revision it expects, and the id of a change is made of the change.
 */
export class ChangeJournal {
  readonly #streamName: string;
  #recorded: Recorded | undefined;
  #state: UptimeState = NEVER_PROBED;
  #unjudged: Sample[] = [];
  #waiting: StatusChange[] = [];

  constructor(
    private readonly service: MonitoredService,
    private readonly store: JournalStore,
    private readonly log: Log,
  ) {
    this.#streamName = serviceUptimeStream(service.name);
  }

  /** The last change that is known to be recorded, and those that are confirmed but not recorded yet; in order. */
  get latestChanges(): readonly StatusChange[] {
    return this.#recorded?.last ? [this.#recorded.last, ...this.#waiting] : this.#waiting;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Whether the stream has been read, so that samples are judged as they come. */
  get isReady(): boolean {
    return this.#recorded !== undefined;
  }

  /** Takes in the next sample. While the stream has not been read, samples wait to be judged by what it will say. */
  take(sample: Sample): void {
    if (this.#recorded) {
      this.#judge(sample);
      return;
    }
    this.#unjudged.push(sample);
    if (this.#unjudged.length > MOST_UNJUDGED_SAMPLES) {
      if (this.#unjudged.length === MOST_UNJUDGED_SAMPLES + 1) this.log.warn(`${this.service.name}: the store has been away for so long that the oldest samples are not judged any more`);
      this.#unjudged = this.#unjudged.slice(-MOST_UNJUDGED_SAMPLES);
    }
  }

  /**
   * Reads the stream where that has not been done yet (and creates it where it is missing), and appends all that waits.
   *
   * @returns whether something was appended
   * @throws errors of the store; what waits goes on waiting then
   */
  async record(): Promise<boolean> {
    if (!this.#recorded) await this.#catchUp();
    let hasAppended = false;
    for (let conflicts = 0; this.#waiting.length > 0; ) {
      try {
        await this.#append();
        hasAppended = true;
      } catch (error) {
        const isOutdated = error instanceof WrongExpectedRevisionError || error instanceof StreamDeletedError;
        if (!isOutdated || ++conflicts > MOST_CONFLICTS) throw error;
        await this.#catchUp();
      }
    }
    return hasAppended;
  }

  async #append(): Promise<void> {
    const changes = [...this.#waiting];
    const { revision } = await this.store.appendToStream(this.#streamName, changes.map(toServiceStatusChanged), { expectedRevision: this.#recorded?.revision ?? 'no_stream' });
    const appended = new Set(changes.map(({ eventId }) => eventId));
    this.#recorded = { revision, last: changes.at(-1) };
    this.#waiting = this.#waiting.filter(({ eventId }) => !appended.has(eventId));
  }

  /** Takes the state from the stream, fits what waits to it, and judges the samples that waited for it. */
  async #catchUp(): Promise<void> {
    this.#recorded = await this.#read();
    const { last } = this.#recorded;
    this.#waiting = rebase(this.#waiting, last);
    const current = this.#waiting.at(-1) ?? last;
    this.#state = current ? evolve(this.#state, { change: current }) : { ...NEVER_PROBED, runs: this.#state.runs };
    for (const sample of this.#unjudged.splice(0)) this.#judge(sample);
  }

  async #read(): Promise<Recorded> {
    await createStreamsOf(this.store, this.service.name);
    let revision: bigint | 'no_stream' = 'no_stream';
    for (let from: bigint | 'end' = 'end'; ; ) {
      const events = await this.store.readStream(this.#streamName, { from, direction: 'backwards', limit: PAGE });
      for (const event of events) {
        if (revision === 'no_stream') revision = event.revision;
        if (event.problem?.reason === 'newer-schema-version') throw new Error(`${this.#streamName}: ${event.problem.message}`);
        if (isEvent(event, ServiceStatusChanged)) return { revision, last: statusChangeOf(event.data) };
      }
      const oldest: bigint | undefined = events.at(-1)?.revision;
      if (revision === 'no_stream') throw new StreamNotFoundError(this.#streamName);
      if (oldest === undefined || oldest === 0n) return { revision, last: undefined };
      from = oldest - 1n;
    }
  }

  #judge(sample: Sample): void {
    const change = decide(this.service.name, this.#state, sample, this.service);
    this.#state = evolve(this.#state, { sample });
    if (!change) return;
    this.#state = evolve(this.#state, { change });
    this.#waiting.push(change);
    if (this.#waiting.length > MOST_WAITING_CHANGES) {
      this.log.warn(`${this.service.name}: the store has been away for so long that a change is not kept any more (${this.#waiting[0]?.status} at ${new Date(this.#waiting[0]?.at ?? 0).toISOString()})`);
      this.#waiting = rebase(this.#waiting.slice(1), this.#recorded?.last);
    }
  }
}
