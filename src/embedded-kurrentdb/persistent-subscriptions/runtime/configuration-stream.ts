import { type ServerContext } from '../../server-context.js';
import { metadataStreamOf, NO_REVISION, readStatus } from '../../log/index.js';
import {
  CONFIGURATION_STREAM,
  CONFIGURATION_TYPE,
  decodeConfiguration,
  encodeConfiguration,
  type GroupDefinition,
  InvalidConfigurationError,
} from '../rules/index.js';
import { parseEventFrame } from '../../storage/event-frame.js';
import { metadataEvent } from '../../storage/log-writer.js';

/** The last one, and one before it, as a real server keeps them. */
const RETAINED_DOCUMENTS = 2;

const TYPE = Buffer.from(CONFIGURATION_TYPE);
const NOTHING = Buffer.alloc(0);

/**
 * The groups that are configured. A document that cannot be understood (an admin may write any) is passed over for the one before it.
 * @throws InvalidConfigurationError if there are documents, and none can be understood
 */
export function readConfiguration({ store, reader }: ServerContext): readonly GroupDefinition[] {
  const stream = store.streams.get(CONFIGURATION_STREAM);
  if (readStatus(stream) !== 'readable') return [];
  let found: readonly GroupDefinition[] | undefined;
  let fault: InvalidConfigurationError | undefined;
  reader.backwards(stream, stream.lastRevision, (frame) => {
    try {
      found = decodeConfiguration(parseEventFrame(frame).data.toString('utf8'));
    } catch (error) {
      if (!(error instanceof InvalidConfigurationError)) throw error;
      fault ??= error;
    }
    return found === undefined;
  });
  if (found === undefined && fault !== undefined)
    throw new InvalidConfigurationError(
      `the persistent subscriptions in ${CONFIGURATION_STREAM} cannot be read: ${fault.message}`,
      { cause: fault },
    );
  return found ?? [];
}

/** In a transaction: writes the groups as the new configuration. */
export function writeConfiguration(context: ServerContext, groups: Iterable<GroupDefinition>, updatedBy: string): void {
  const { store, writer } = context;
  if (store.streams.get(CONFIGURATION_STREAM).lastRevision === NO_REVISION) {
    writer.append(metadataStreamOf(CONFIGURATION_STREAM), { kind: 'any' }, [
      metadataEvent(context.newEventId(), JSON.stringify({ $maxCount: RETAINED_DOCUMENTS })),
    ]);
  }
  const data = Buffer.from(encodeConfiguration(groups, context.nowMs(), updatedBy));
  const outcome = writer.append(CONFIGURATION_STREAM, { kind: 'any' }, [
    { id: context.newEventId(), type: TYPE, isJson: true, customMetadata: NOTHING, data },
  ]);
  if (outcome.kind !== 'appended') throw new Error(`${CONFIGURATION_STREAM} cannot be written: ${outcome.kind}`);
}
