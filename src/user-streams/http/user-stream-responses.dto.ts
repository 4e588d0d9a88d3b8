import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { toTimestamp } from '../../common/time.js';
import { type StreamPermissions, USER_STREAM_TYPES, type UserStreamType } from '../../event-store/index.js';
import { type SchemaDescription, type UserStreamState, type WriteOutcome } from '../application/index.js';
import {
  keyOfStream,
  streamNameOf,
  tagsOf,
  type UserData,
  type UserStream,
  type Visibility,
  visibilityOf,
} from '../domain/index.js';

const EXAMPLE_TIMESTAMP = '2026-11-24T12:00:00.000Z';
const EXAMPLE_STREAM = 'user-alice-profile';

export class WriteResponse {
  @ApiProperty({ example: EXAMPLE_STREAM })
  readonly streamName: string;

  @ApiProperty({ type: 'integer', description: 'Revision of the last event written, also the ETag', example: 4 })
  readonly revision: number;

  @ApiProperty({ example: 'evt_1795521600000_5v0c3qk8d1m2p7ra' })
  readonly eventId: string;

  @ApiProperty({ example: EXAMPLE_TIMESTAMP })
  readonly timestamp: string;

  static of({ streamName, revision, eventId, at }: WriteOutcome): WriteResponse {
    return { streamName, revision, eventId, timestamp: toTimestamp(at) };
  }
}

export class WritesResponse {
  @ApiProperty({ type: [WriteResponse], description: 'In the order of the request' })
  readonly results: readonly WriteResponse[];
}

export class UserStreamStateResponse {
  @ApiProperty({ example: EXAMPLE_STREAM })
  readonly streamName: string;

  @ApiProperty({ example: 'alice' })
  readonly userId: string;

  @ApiProperty({ enum: USER_STREAM_TYPES })
  readonly type: UserStreamType;

  @ApiProperty({ example: 'default' })
  readonly category: string;

  @ApiProperty({ type: 'integer', description: 'Current revision of the stream, also its ETag', example: 4 })
  readonly revision: number;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'null if no data were written yet',
    example: { displayName: 'Alice', email: 'alice@example.com' },
  })
  readonly data: UserData | null;

  @ApiPropertyOptional({ description: 'JSON Schema that validated the data', example: 'profile@1' })
  readonly schema?: string;

  @ApiPropertyOptional({ description: 'Event that contains the data', example: 'evt_1795521600000_5v0c3qk8d1m2p7ra' })
  readonly eventId?: string;

  @ApiPropertyOptional({ description: 'When the data were written', example: EXAMPLE_TIMESTAMP })
  readonly timestamp?: string;

  static of({ key, revision, data: stored }: UserStreamState): UserStreamStateResponse {
    const state = { streamName: streamNameOf(key), ...key, revision };
    if (!stored) return { ...state, data: null };
    const { json, schema, eventId, at } = stored;
    const written = { ...(schema === undefined ? {} : { schema }), eventId, timestamp: toTimestamp(at) };
    return { ...state, data: JSON.parse(json) as UserData, ...written };
  }
}

export class PermissionsDto implements StreamPermissions {
  @ApiProperty({ type: [String], example: ['*'] })
  readonly read: readonly string[];

  @ApiProperty({ type: [String], example: ['alice'] })
  readonly write: readonly string[];

  @ApiProperty({ type: [String], example: ['alice'] })
  readonly admin: readonly string[];
}

export class UserStreamDto {
  @ApiProperty({ example: EXAMPLE_STREAM })
  readonly streamName: string;

  @ApiProperty({ enum: USER_STREAM_TYPES })
  readonly type: UserStreamType;

  @ApiProperty({ example: 'default' })
  readonly category: string;

  @ApiProperty({ enum: ['private', 'public'] })
  readonly visibility: Visibility;

  @ApiProperty({ example: 'What colleagues see' })
  readonly description: string;

  @ApiProperty({
    type: [String],
    description: '`user`, type, category and visibility, then those that callers gave',
    example: ['user', 'profile', 'default', 'private', 'work'],
  })
  readonly tags: readonly string[];

  @ApiProperty({ example: 'alice' })
  readonly owner: string;

  @ApiProperty({ type: 'integer', description: 'Revision of the last event', example: 4 })
  readonly revision: number;

  @ApiProperty({ type: 'integer', description: 'Number of events', example: 5 })
  readonly events: number;

  @ApiProperty({ type: 'integer', description: 'Bytes that its events and metadata count in the quota', example: 512 })
  readonly bytes: number;

  @ApiProperty({ example: EXAMPLE_TIMESTAMP })
  readonly createdAt: string;

  @ApiProperty({ description: 'When the last event happened', example: EXAMPLE_TIMESTAMP })
  readonly updatedAt: string;

  @ApiPropertyOptional({ description: 'Present if the stream is deleted', example: EXAMPLE_TIMESTAMP })
  readonly deletedAt?: string;

  /** @throws Error for a stream that is not a user stream */
  static of(stream: UserStream): UserStreamDto {
    const { name, description, owner, revision, events, bytes, createdAt, updatedAt, deletedAt } = stream;
    const key = keyOfStream(name);
    if (!key) throw new Error(`'${name}' is not a user stream`);
    return {
      streamName: name,
      type: key.type,
      category: key.category,
      visibility: visibilityOf(stream),
      description,
      tags: tagsOf(stream),
      owner,
      revision,
      events,
      bytes,
      createdAt: toTimestamp(createdAt),
      updatedAt: toTimestamp(updatedAt),
      ...(deletedAt === undefined ? {} : { deletedAt: toTimestamp(deletedAt) }),
    };
  }
}

export class UserStreamsResponse {
  @ApiProperty({ type: [UserStreamDto], description: 'Streams that the caller may read, by type and category' })
  readonly streams: readonly UserStreamDto[];

  @ApiProperty({
    type: String,
    nullable: true,
    description: '`after` of the next page; null after the last one',
    example: null,
  })
  readonly nextAfter: string | null;
}

export class UserStreamMetadataResponse extends UserStreamDto {
  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'Revision of the metadata, also its ETag; null until metadata are recorded',
    example: 0,
  })
  readonly metadataRevision: number | null;

  @ApiPropertyOptional({ type: PermissionsDto, description: "Only for callers with the right 'admin'" })
  readonly permissions?: PermissionsDto;

  static ofDetails(stream: UserStream, mayAdminister: boolean): UserStreamMetadataResponse {
    return {
      ...UserStreamDto.of(stream),
      metadataRevision: stream.metadataRevision ?? null,
      ...(mayAdminister ? { permissions: stream.permissions } : {}),
    };
  }
}

export class SchemaDto implements SchemaDescription {
  @ApiProperty({ example: 'profile@1' })
  readonly name: string;

  @ApiProperty({ enum: USER_STREAM_TYPES })
  readonly type: UserStreamType;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'null: applies to all categories without a schema of their own',
    example: null,
  })
  readonly category: string | null;

  @ApiProperty({ type: 'integer', example: 1 })
  readonly version: number;

  @ApiProperty({ description: 'Whether it validates the data of new events' })
  readonly inUse: boolean;

  @ApiProperty({ enum: ['builtin', 'product'] })
  readonly source: SchemaDescription['source'];

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'JSON Schema 2020-12',
    example: { type: 'object', properties: { displayName: { type: 'string' } } },
  })
  readonly schema: Readonly<Record<string, unknown>>;
}

export class SchemasResponse {
  @ApiProperty({ type: [SchemaDto] })
  readonly schemas: readonly SchemaDto[];
}
