import { type ConnectionTestResult } from '../../event-store/index.js';
import { type Probe, type ProbeAnswer } from '../application/index.js';
import { shorten } from './connection-errors.js';

/** A KurrentDB that can be tested: the `EventStore` in use, or a connection of the probe's own. */
export interface DatabaseTarget {
  /** Appends to `connection-test` and reads it back. Never throws: the result tells. */
  testConnection(): Promise<ConnectionTestResult>;
  /** Gives up a test that takes too long, where that needs doing. */
  abandon?(): Promise<void>;
  close?(): Promise<void>;
}

/** Appends an event to a KurrentDB and reads it back. */
export class DatabaseProbe implements Probe {
  constructor(private readonly target: DatabaseTarget) {}

  async probe(signal: AbortSignal): Promise<ProbeAnswer> {
    const abandon = (): void => void this.target.abandon?.();
    signal.addEventListener('abort', abandon, { once: true });
    try {
      const { health, responseTime, error } = await this.target.testConnection();
      return health === 'healthy' ? { responseTime } : { responseTime, error: shorten(error ?? 'the store does not work as it should') };
    } finally {
      signal.removeEventListener('abort', abandon);
    }
  }

  async close(): Promise<void> {
    await this.target.close?.();
  }
}
