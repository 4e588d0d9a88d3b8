import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsNotIn, ValidateBy, ValidateNested } from 'class-validator';
import { type JsonInteger } from '../../common/revision.js';
import { NAMES_OF_EVERYONE, type StreamPermissions, type UserStreamType } from '../../event-store/index.js';
import { IfGiven, JsonObject, OptionalJsonObject } from '../../http/index.js';
import { type UserData, type Visibility } from '../domain/index.js';
import {
  CategoryProperty,
  DescriptionProperty,
  GranteesProperty,
  TagsProperty,
  TypeProperty,
  VisibilityProperty,
} from './user-stream.properties.js';

const MAX_EVENTS = 500;
const MAX_WRITES = 100;
const DATA = {
  description: 'Replaces all of the data',
  example: { displayName: 'Alice', email: 'alice@example.com' },
};

export class CreateUserStreamRequest {
  @TypeProperty()
  readonly type: UserStreamType;

  @CategoryProperty()
  readonly category?: string;

  @VisibilityProperty('Who may read the stream: its user (private, the default) or everyone (public)')
  readonly visibility?: Visibility;

  @DescriptionProperty()
  readonly description?: string;

  @TagsProperty()
  readonly tags?: string[];

  @OptionalJsonObject({ ...DATA, description: 'Initial data' })
  readonly data?: UserData;
}

export class ReplaceDataRequest {
  @JsonObject(DATA)
  readonly data: UserData;
}

export class ChangeDataRequest {
  @JsonObject({
    description: 'Changes as a JSON Merge Patch (RFC 7396): null removes a member',
    example: { email: 'new@example.com', bio: null },
  })
  readonly data: UserData;
}

export class AppendDataRequest {
  @ApiProperty({
    type: [ReplaceDataRequest],
    minItems: 1,
    maxItems: MAX_EVENTS,
    description: 'One event for each entry, in this order; the last one becomes the state',
  })
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_EVENTS)
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ReplaceDataRequest)
  readonly events: ReplaceDataRequest[];
}

const REVISION = /^\d{1,18}$/;

function IsRevision(): PropertyDecorator {
  const isRevision = (value: unknown): boolean =>
    typeof value === 'string' ? REVISION.test(value) : Number.isSafeInteger(value) && Number(value) >= 0;
  const message = 'must be a revision: an integer of at least 0, such as the revision of a response';
  return ValidateBy({ name: 'isRevision', validator: { validate: isRevision, defaultMessage: () => message } });
}

export class StreamWriteRequest {
  @TypeProperty()
  readonly type: UserStreamType;

  @CategoryProperty()
  readonly category?: string;

  @JsonObject(DATA)
  readonly data: UserData;

  @ApiPropertyOptional({
    description: 'Required current revision of the stream, as in `revision` of a response; a string of digits too',
    example: 4,
    oneOf: [
      { type: 'integer', minimum: 0 },
      { type: 'string', pattern: '^\\d{1,18}$' },
    ],
  })
  @IfGiven()
  @IsRevision()
  readonly expectedRevision?: JsonInteger;
}

export class WriteStreamsRequest {
  @ApiProperty({
    type: [StreamWriteRequest],
    minItems: 1,
    maxItems: MAX_WRITES,
    description: 'One write for each stream; all of them succeed or none',
  })
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_WRITES)
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => StreamWriteRequest)
  readonly writes: StreamWriteRequest[];
}

export class PermissionsRequest implements Partial<StreamPermissions> {
  @GranteesProperty("Users' ids, `key:{name}` for an API key, roles, or `*` for everyone")
  readonly read?: string[];

  @GranteesProperty('Who may append; `*` is every authenticated caller')
  readonly write?: string[];

  @GranteesProperty(
    'Who may change permissions, delete and restore; never empty, never everyone: neither `*` nor the role `user`',
    ArrayMinSize(1),
    IsNotIn(NAMES_OF_EVERYONE, {
      each: true,
      message: `must not contain ${NAMES_OF_EVERYONE.join(' or ')}: not everyone may change permissions`,
    }),
  )
  readonly admin?: string[];
}

export class ChangeMetadataRequest {
  @DescriptionProperty()
  readonly description?: string;

  @TagsProperty()
  readonly tags?: string[];

  @VisibilityProperty('Adds `*` to the readers (public) or removes it (private)')
  readonly visibility?: Visibility;

  @ApiPropertyOptional({ type: PermissionsRequest, description: 'Omitted rights do not change' })
  @IfGiven()
  @ValidateNested()
  @Type(() => PermissionsRequest)
  readonly permissions?: PermissionsRequest;
}
