import streamsV2 from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/streams/streams_pb.js';
import { EXPECTED_ANY, EXPECTED_STREAM_EXISTS, type ExpectedVersion, NO_REVISION } from '../../log/index.js';
import { type EventId, isNilEventId, parseEventId } from '../../storage/event-id.js';
import { type ProposedEvent } from '../../storage/event-frame.js';
import { handlerFailed } from '../errors.js';
import { type FieldViolation, invalidRequest } from './errors.js';

type AppendRecord = InstanceType<typeof streamsV2.AppendRecord>;

const { SchemaFormat } = streamsV2;

/** Names of the schema formats in an event's metadata. */
const FORMAT_NAMES: Readonly<Record<number, string>> = {
  [SchemaFormat.SCHEMA_FORMAT_JSON]: 'Json',
  [SchemaFormat.SCHEMA_FORMAT_PROTOBUF]: 'Protobuf',
  [SchemaFormat.SCHEMA_FORMAT_AVRO]: 'Avro',
  [SchemaFormat.SCHEMA_FORMAT_BYTES]: 'Bytes',
};

const SCHEMA_NAME = /^[\p{L}\p{N}_\-.:$]+$/u;

/**
 * Converts a record to an event: the schema name becomes the type, properties and schema become the custom metadata.
 * @throws GrpcError with the invalid fields
 */
export function proposedEvent(record: AppendRecord, newEventId: () => EventId): ProposedEvent {
  const id = record.hasRecordId() ? parseEventId(Buffer.from(record.getRecordId() ?? '')) : newEventId();
  if (id === undefined || isNilEventId(id))
    throw invalidRecord({ field: 'RecordId.Record ID', description: 'Record ID must be a valid and non-empty UUID.' });
  const schema = record.getSchema();
  if (schema === undefined) throw handlerFailed();
  const name = schema.getName();
  const nameViolations = schemaNameViolations(name);
  if (nameViolations.length > 0) throw invalidRecord(...nameViolations);
  const format = FORMAT_NAMES[schema.getFormat()];
  if (format === undefined)
    throw invalidRecord({
      field: 'Schema.Format.Schema format',
      description: 'Schema format must not be Unspecified.',
    });
  const properties: Record<string, unknown> = {};
  for (const [key, value] of record.getPropertiesMap().entries()) properties[key] = value.toJavaScript();
  const customMetadata = {
    ...properties,
    '$schema.name': name,
    '$schema.format': format,
    ...(schema.hasId() ? { '$schema.id': schema.getId() } : {}),
  };
  return {
    id,
    type: Buffer.from(name),
    isJson: schema.getFormat() === SchemaFormat.SCHEMA_FORMAT_JSON,
    customMetadata: Buffer.from(JSON.stringify(customMetadata)),
    data: record.getData_asU8(),
  };
}

const invalidRecord = (...violations: readonly FieldViolation[]): Error =>
  invalidRequest('AppendRequest', ...violations);

function schemaNameViolations(name: string): FieldViolation[] {
  const field = 'Schema.Name';
  const characters = `Schema name can only contain unicode letters, digits, underscores, dashes, periods, colons, and dollar signs. Attempted Value: ${name}`;
  return [
    ...(name === '' ? [{ field, description: 'Schema name must not be empty' }] : []),
    ...(SCHEMA_NAME.test(name) ? [] : [{ field, description: characters }]),
  ];
}

/** Parses an expected revision, a signed number; undefined means any. */
export function parseExpectedRevision(value: string | undefined): ExpectedVersion {
  const revision = BigInt(value ?? EXPECTED_ANY);
  if (revision >= 0n) return { kind: 'exact', revision };
  switch (Number(revision)) {
    case NO_REVISION:
      return { kind: 'noStream' };
    case EXPECTED_ANY:
      return { kind: 'any' };
    case EXPECTED_STREAM_EXISTS:
      return { kind: 'streamExists' };
    default:
      throw invalidRecord({
        field: 'ExpectedRevision',
        description:
          'Expected revision must be positive or one of the allowed constants: NoStream (-1), Any (-2) or Exists (-4).',
      });
  }
}
