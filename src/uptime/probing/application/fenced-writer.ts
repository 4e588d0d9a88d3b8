import {
  type AppendResult,
  type EventStore,
  type StreamWrite,
  UnsupportedByStoreError,
  WrongExpectedRevisionError,
} from '../../../event-store/domain/index.js';
import { PROBER_LEASE_STREAM } from '../../domain/index.js';
import { type Log } from './log.js';
import { type ProberLease } from './prober-lease.js';

export interface FencedWriterOptions {
  readonly store: Pick<EventStore, 'appendToStream' | 'appendConditionally'>;
  readonly lease: Pick<ProberLease, 'assertHeld' | 'renew'>;
  readonly log: Log;
}

/**
 * Appends events on behalf of the lease holder. Each append is conditional on the revision of the lease (a fencing
 * token): a holder that was suspended or disconnected cannot write after another replica has acquired the lease.
 */
export class FencedWriter {
  #conditionalAppendUnsupported = false;

  constructor(private readonly options: FencedWriterOptions) {}

  /** @throws LeaseLostError if another replica holds the lease; errors of the store */
  async append(write: StreamWrite): Promise<AppendResult> {
    const { store, lease, log } = this.options;
    for (;;) {
      const { revision } = await lease.assertHeld();
      if (this.#conditionalAppendUnsupported) return store.appendToStream(write.streamName, write.events, write);
      try {
        return await store.appendConditionally(write, [
          { streamName: PROBER_LEASE_STREAM, expectedRevision: revision },
        ]);
      } catch (error) {
        if (error instanceof WrongExpectedRevisionError && error.streamName === PROBER_LEASE_STREAM) {
          await lease.renew(revision);
        } else if (error instanceof UnsupportedByStoreError) {
          log.warn(
            'KurrentDB does not support consistency checks on other streams (requires 26.1): a suspended prober is fenced by its clock only',
          );
          this.#conditionalAppendUnsupported = true;
        } else {
          throw error;
        }
      }
    }
  }

  /** @throws LeaseLostError if another replica holds the lease; errors of the store */
  async assertHeld(): Promise<void> {
    await this.options.lease.assertHeld();
  }
}
