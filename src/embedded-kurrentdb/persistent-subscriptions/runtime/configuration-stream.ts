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

/** The current document and the previous one, as in KurrentDB. */
const RETAINED_DOCUMENTS = 2;

const TYPE = Buffer.from(CONFIGURATION_TYPE);
const EMPTY = Buffer.alloc(0);

/**
 * The configured groups. An invalid document (admins may write any) is skipped for the previous one.
 * @throws InvalidConfigurationError if there are documents, but none is valid
 */
export function readConfiguration({ store, reader }: ServerContext): readonly GroupDefinition[] {
  const stream = store.streams.get(CONFIGURATION_STREAM);
  if (readStatus(stream) !== 'readable') return [];
  let found: readonly GroupDefinition[] | undefined;
  let firstError: InvalidConfigurationError | undefined;
  reader.backwards(stream, stream.lastRevision, (frame) => {
    try {
      found = decodeConfiguration(parseEventFrame(frame).data.toString('utf8'));
    } catch (error) {
      if (!(error instanceof InvalidConfigurationError)) throw error;
      firstError ??= error;
    }
    return found === undefined;
  });
  if (found === undefined && firstError !== undefined)
    throw new InvalidConfigurationError(
      `${CONFIGURATION_STREAM} contains no valid configuration: ${firstError.message}`,
      { cause: firstError },
    );
  return found ?? [];
}

/** In a transaction: writes the new configuration. */
export function writeConfiguration(context: ServerContext, groups: Iterable<GroupDefinition>, updatedBy: string): void {
  const { store, writer } = context;
  if (store.streams.get(CONFIGURATION_STREAM).lastRevision === NO_REVISION) {
    writer.append(metadataStreamOf(CONFIGURATION_STREAM), { kind: 'any' }, [
      metadataEvent(context.newEventId(), JSON.stringify({ $maxCount: RETAINED_DOCUMENTS })),
    ]);
  }
  const data = Buffer.from(encodeConfiguration(groups, context.nowMs(), updatedBy));
  const outcome = writer.append(CONFIGURATION_STREAM, { kind: 'any' }, [
    { id: context.newEventId(), type: TYPE, isJson: true, customMetadata: EMPTY, data },
  ]);
  if (outcome.kind !== 'appended') throw new Error(`${CONFIGURATION_STREAM} cannot be written: ${outcome.kind}`);
}
