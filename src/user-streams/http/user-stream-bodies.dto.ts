import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, Matches, NotContains, ValidateNested } from 'class-validator';
import { type StreamPermissions, type UserStreamType } from '../../event-store/index.js';
import { IfGiven, JsonObject, OptionalJsonObject } from '../../http/index.js';
import { type UserData, type Visibility } from '../domain/index.js';
import {
  CategoryMember,
  DescriptionMember,
  GranteesMember,
  TagsMember,
  TypeMember,
  VisibilityMember,
} from './user-stream-members.js';

const MOST_EVENTS = 500;
const MOST_WRITES = 100;
const ALL_DATA = {
  description: 'All of the data from now on',
  example: { displayName: 'Alice', email: 'alice@example.com' },
};

export class CreateUserStreamBody {
  @TypeMember()
  readonly type: UserStreamType;

  @CategoryMember()
  readonly category?: string;

  @VisibilityMember('Who may read it: its user (the default), or everyone')
  readonly visibility?: Visibility;

  @DescriptionMember()
  readonly description?: string;

  @TagsMember()
  readonly tags?: string[];

  @OptionalJsonObject({ ...ALL_DATA, description: 'What the stream begins with' })
  readonly data?: UserData;
}

export class ReplaceDataBody {
  @JsonObject(ALL_DATA)
  readonly data: UserData;
}

export class ChangeDataBody {
  @JsonObject({
    description: 'What to change of the data, as a JSON Merge Patch (RFC 7396): null removes a member',
    example: { email: 'new@example.com', bio: null },
  })
  readonly data: UserData;
}

export class AppendDataBody {
  @ApiProperty({
    type: [ReplaceDataBody],
    minItems: 1,
    maxItems: MOST_EVENTS,
    description: 'One event each, in this order; the last one is the state',
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_EVENTS)
  @ValidateNested({ each: true })
  @Type(() => ReplaceDataBody)
  readonly events: ReplaceDataBody[];
}

export class StreamWriteBody {
  @TypeMember()
  readonly type: UserStreamType;

  @CategoryMember()
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

export class WriteStreamsBody {
  @ApiProperty({
    type: [StreamWriteBody],
    minItems: 1,
    maxItems: MOST_WRITES,
    description: 'One for each stream; all of them are written or none',
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_WRITES)
  @ValidateNested({ each: true })
  @Type(() => StreamWriteBody)
  readonly writes: StreamWriteBody[];
}

export class PermissionsBody implements Partial<StreamPermissions> {
  @GranteesMember("Users' ids, `key:{name}` for an API key, roles, or `*` for everyone")
  readonly read?: string[];

  @GranteesMember('Who may append; `*` is everyone who says who asks')
  readonly write?: string[];

  @GranteesMember(
    'Who may say who may do what, delete and restore; never empty, never everyone',
    ArrayMinSize(1),
    NotContains('*', { each: true, message: 'must not hold *: not everyone may say who may do what' }),
  )
  readonly admin?: string[];
}

export class ChangeDetailsBody {
  @DescriptionMember()
  readonly description?: string;

  @TagsMember()
  readonly tags?: string[];

  @VisibilityMember('Takes `*` into the list of readers, or out of it')
  readonly visibility?: Visibility;

  @ApiPropertyOptional({ type: PermissionsBody, description: 'Lists that are not given stay as they are' })
  @IfGiven()
  @ValidateNested()
  @Type(() => PermissionsBody)
  readonly permissions?: PermissionsBody;
}
