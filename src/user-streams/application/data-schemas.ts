import { type UserStreamType } from '../../event-store/domain/index.js';
import { type UserData } from '../domain/index.js';

/** JSON Schema (2020-12) of the data of user streams. */
export interface SchemaDescription {
  /** `{type}@{version}` or `{type}-{category}@{version}`. */
  readonly name: string;
  readonly type: UserStreamType;
  /** null: for all categories without a schema of their own. */
  readonly category: string | null;
  readonly version: number;
  /** Writes are validated by it; other versions describe older data. */
  readonly inUse: boolean;
  /** `product`: from the configured directory of schemas. */
  readonly source: 'builtin' | 'product';
  readonly schema: Readonly<Record<string, unknown>>;
}

export interface DataSchemas {
  /**
   * @param within path of the object that holds `data` in the request, such as `events.3`; absent: the request itself
   * @throws ValidationError whose `details.mistakes` have the path of each issue, such as `data.email`
   */
  check(type: UserStreamType, category: string, data: UserData, within?: string): void;

  /** Name of the schema that {@link check} uses, such as `profile@1`. */
  nameFor(type: UserStreamType, category: string): string;

  /** All schemas by type: first that of the type, then those of its categories, newest versions first. */
  describe(): readonly SchemaDescription[];
}

export const DATA_SCHEMAS = Symbol('DATA_SCHEMAS');
