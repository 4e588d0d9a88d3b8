import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, Matches, NotContains, ValidateNested } from 'class-validator';
import { type StreamPermissions, type UserStreamType } from '../../event-store/index.js';
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
const ALL_DATA = {
  description: 'All of the data from now on',
  example: { displayName: 'Alice', email: 'alice@example.com' },
};

export class CreateUserStreamRequest {
  @TypeProperty()
  readonly type: UserStreamType;

  @CategoryProperty()
  readonly category?: string;

  @VisibilityProperty('Who may read it: its user (the default), or everyone')
  readonly visibility?: Visibility;

  @DescriptionProperty()
  readonly description?: string;

  @TagsProperty()
  readonly tags?: string[];

  @OptionalJsonObject({ ...ALL_DATA, description: 'What the stream begins with' })
  readonly data?: UserData;
}

export class ReplaceDataRequest {
  @JsonObject(ALL_DATA)
  readonly data: UserData;
}

export class ChangeDataRequest {
  @JsonObject({
    description: 'What to change of the data, as a JSON Merge Patch (RFC 7396): null removes a member',
    example: { email: 'new@example.com', bio: null },
  })
  readonly data: UserData;
}

export class AppendDataRequest {
  @ApiProperty({
    type: [ReplaceDataRequest],
    minItems: 1,
    maxItems: MAX_EVENTS,
    description: 'One event each, in this order; the last one is the state',
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_EVENTS)
  @ValidateNested({ each: true })
  @Type(() => ReplaceDataRequest)
  readonly events: ReplaceDataRequest[];
}

export class StreamWriteRequest {
  @TypeProperty()
  readonly type: UserStreamType;

  @CategoryProperty()
  readonly category?: string;

  @JsonObject(ALL_DATA)
  readonly data: UserData;

  @ApiPropertyOptional({
    description: 'Revision that the stream must be at',
    example: '4',
    type: String,
    pattern: '^\\d{1,18}$',
  })
  @IfGiven()
  @Matches(/^\d{1,18}$/, { message: 'must be a revision, as text' })
  readonly expectedRevision?: string;
}

export class WriteStreamsRequest {
  @ApiProperty({
    type: [StreamWriteRequest],
    minItems: 1,
    maxItems: MAX_WRITES,
    description: 'One for each stream; all of them are written or none',
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_WRITES)
  @ValidateNested({ each: true })
  @Type(() => StreamWriteRequest)
  readonly writes: StreamWriteRequest[];
}

export class PermissionsRequest implements Partial<StreamPermissions> {
  @GranteesProperty("Users' ids, `key:{name}` for an API key, roles, or `*` for everyone")
  readonly read?: string[];

  @GranteesProperty('Who may append; `*` is everyone who says who asks')
  readonly write?: string[];

  @GranteesProperty(
    'Who may say who may do what, delete and restore; never empty, never everyone',
    ArrayMinSize(1),
    NotContains('*', { each: true, message: 'must not hold *: not everyone may say who may do what' }),
  )
  readonly admin?: string[];
}

export class ChangeMetadataRequest {
  @DescriptionProperty()
  readonly description?: string;

  @TagsProperty()
  readonly tags?: string[];

  @VisibilityProperty('Takes `*` into the list of readers, or out of it')
  readonly visibility?: Visibility;

  @ApiPropertyOptional({ type: PermissionsRequest, description: 'Lists that are not given stay as they are' })
  @IfGiven()
  @ValidateNested()
  @Type(() => PermissionsRequest)
  readonly permissions?: PermissionsRequest;
}
