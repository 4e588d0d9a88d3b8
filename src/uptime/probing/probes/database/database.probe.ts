import { type Clock } from '../../../../event-store/index.js';
import { type Probe } from '../../application/index.js';
import { ProbeFailure, shorten } from '../connection/connection-errors.js';
import { type ProbeResult } from '../../../domain/index.js';

/** One question to a database. */
export interface DatabaseCheck {
  /** Asks, and resolves when the answer is as it should be. @throws ProbeFailure */
  ask(): Promise<void>;
  /** Closes what was opened for it, as the protocol asks where it was answered, and by force where the other side does not join in. */
  end(): Promise<void>;
}

/** A database that can be asked whether it works. */
export interface TestedDatabase {
  /**
   * Makes ready to ask. What only this process has to do for it, such as loading the driver, is over when it resolves.
   *
   * @param signal closes by force all that was opened, also when it aborts before that
   * @throws ProbeFailure for a URL that the driver cannot use
   */
  prepare(signal: AbortSignal): Promise<DatabaseCheck>;
  /** Gives back what is kept between questions, where something is. */
  close?(): Promise<void>;
}

/** Asks a database, through a connection of its own where it has a protocol for that, and measures how long the answer takes. */
export class DatabaseProbe implements Probe {
  constructor(
    private readonly database: TestedDatabase,
    private readonly clock: Clock,
  ) {}

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    let start = this.clock.monotonic();
    let question: DatabaseCheck | undefined;
    const elapsed = (): number => this.clock.monotonic() - start;
    try {
      question = await this.database.prepare(signal);
      start = this.clock.monotonic();
      await question.ask();
      return { responseTime: elapsed() };
    } catch (error) {
      if (!(error instanceof ProbeFailure)) throw error;
      return { responseTime: elapsed(), error: shorten(error.message) };
    } finally {
      await question?.end();
    }
  }

  async close(): Promise<void> {
    await this.database.close?.();
  }
}
