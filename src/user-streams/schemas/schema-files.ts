import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isPlainObject } from '../../common/plain-object.js';
import {
  DEFAULT_CATEGORY,
  isCategory,
  isUserStreamType,
  USER_STREAM_TYPES,
  type UserStreamType,
} from '../../event-store/domain/index.js';
import { type ObjectSchema } from './builtin-schemas.js';

export interface SchemaFile {
  readonly file: string;
  readonly type: UserStreamType;
  /** null: applies to all categories. */
  readonly category: string | null;
  readonly version: number;
  readonly schema: ObjectSchema;
}

const FILE_NAME = /^(?<type>[a-z]+)(?:-(?<category>.+))?\.v(?<version>[1-9]\d{0,5})\.json$/;

/**
 * Reads the product's JSON Schemas: files named `{type}.v{N}.json` or `{type}-{category}.v{N}.json`. Skips names that
 * begin with a dot, such as those that Kubernetes adds to mounted directories.
 *
 * @returns the schemas and the problems of files or of the directory; the schemas are complete only without problems
 */
export function readSchemaFiles(directory: string): {
  readonly files: readonly SchemaFile[];
  readonly problems: readonly string[];
} {
  const files: SchemaFile[] = [];
  const problems: string[] = [];
  try {
    for (const file of readdirSync(directory).sort()) {
      if (file.startsWith('.')) continue;
      try {
        files.push(readSchemaFile(directory, file));
      } catch (error) {
        problems.push(`${file}: ${(error as Error).message}`);
      }
    }
  } catch (error) {
    problems.push(`the directory cannot be read: ${(error as Error).message}`);
  }
  return { files, problems };
}

function readSchemaFile(directory: string, file: string): SchemaFile {
  const nameParts = parseFileName(file);
  const schema: unknown = JSON.parse(readFileSync(join(directory, file), 'utf8'));
  if (!isPlainObject(schema)) throw new Error('it must contain a JSON object with a JSON Schema');
  return { file, ...nameParts, schema };
}

function parseFileName(file: string): Pick<SchemaFile, 'type' | 'category' | 'version'> {
  const { type, category, version } = FILE_NAME.exec(file)?.groups ?? {};
  if (type === undefined || version === undefined)
    throw new Error('it must be named {type}.v{N}.json or {type}-{category}.v{N}.json, such as profile.v2.json');
  if (!isUserStreamType(type))
    throw new Error(`'${type}' is not a type of user stream; use one of ${USER_STREAM_TYPES.join(', ')}`);
  if (category === DEFAULT_CATEGORY)
    throw new Error(`the category '${DEFAULT_CATEGORY}' must be omitted: name it ${type}.v${version}.json`);
  if (category !== undefined && !isCategory(category))
    throw new Error(
      `'${category}' is not a valid category: use lower-case letters, digits and single '-' or '_' between them`,
    );
  return { type, category: category ?? null, version: Number(version) };
}
