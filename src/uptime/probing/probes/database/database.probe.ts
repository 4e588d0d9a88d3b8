import { type NameResolver } from '../../../../common/network/name-resolver.js';
import { type Clock } from '../../../../event-store/index.js';
import { type Probe } from '../../application/index.js';
import { isLocalShortage, ProbeFailure, truncate } from '../connection/connection-errors.js';
import { type ProbeResult } from '../../../domain/index.js';

/** What the check of a driver needs. */
export interface CheckContext {
  readonly names: NameResolver;
  /** Aborts the check and destroys its connections. */
  readonly signal: AbortSignal;
}

/** A single check of a database. */
export interface DatabaseCheck {
  /** Connects and runs the query. @throws ProbeFailure */
  run(): Promise<void>;
  /** Closes the connection: gracefully after success, by force after a failure or a timeout. */
  close(): Promise<void>;
}

export interface ProbedDatabase {
  /**
   * Prepares a check. Local work that must not be measured, such as loading the driver, is done when it resolves.
   *
   * @param signal aborts the check and destroys its connections
   * @throws ProbeFailure for an invalid URL
   */
  prepare(signal: AbortSignal): Promise<DatabaseCheck>;
  /** Releases what is kept between checks. */
  close?(): Promise<void>;
}

/** Checks a database and measures its response time. */
export class DatabaseProbe implements Probe {
  constructor(
    private readonly database: ProbedDatabase,
    private readonly clock: Clock,
  ) {}

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    let start = this.clock.monotonic();
    let check: DatabaseCheck | undefined;
    const elapsed = (): number => this.clock.monotonic() - start;
    try {
      check = await this.database.prepare(signal);
      start = this.clock.monotonic();
      await check.run();
      return { responseTime: elapsed() };
    } catch (error) {
      const shortage = isLocalShortage(error);
      if (!(error instanceof ProbeFailure) && !shortage) throw error;
      const reason = truncate(error instanceof ProbeFailure ? error.message : 'out of local resources');
      return { responseTime: elapsed(), error: reason, ...(shortage ? { isInconclusive: true } : {}) };
    } finally {
      await check?.close();
    }
  }

  async close(): Promise<void> {
    await this.database.close?.();
  }
}
