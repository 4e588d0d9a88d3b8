import { type UserStreamType } from '../../event-store/domain/index.js';
import { type UserData } from '../domain/index.js';

/** A JSON Schema (2020-12) that data of user streams are held against. */
export interface SchemaDescription {
  /** `{type}@{version}` or `{type}-{category}@{version}`. */
  readonly name: string;
  readonly type: UserStreamType;
  /** null: for all categories that have no schema of their own. */
  readonly category: string | null;
  readonly version: number;
  /** Whether writes are checked against it; the others are versions that older data may have been written by. */
  readonly inUse: boolean;
  /** `product`: brought along by whoever runs the service. */
  readonly source: 'builtin' | 'product';
  readonly schema: Readonly<Record<string, unknown>>;
}

/** What the data of each type of user stream must look like. */
export interface DataSchemas {
  /**
   * @param within path of the object that holds `data` in the request, such as `events.3`; absent: the request itself
   * @throws ValidationError whose `details.mistakes` has the path of each mistake, such as `data.email`, and what would be right
   */
  check(type: UserStreamType, category: string, data: UserData, within?: string): void;

  /** Name of the schema that {@link check} goes by, such as `profile@1`. */
  nameFor(type: UserStreamType, category: string): string;

  /** All there are: types in their order, the schemas of a type before those of its categories, newest versions first. */
  describe(): readonly SchemaDescription[];
}
