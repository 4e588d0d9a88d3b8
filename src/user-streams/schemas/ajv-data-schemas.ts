import { Inject, Injectable } from '@nestjs/common';
import { backgroundLoads } from '../../common/background-loads.js';
import { APP_CONFIG, type AppConfig, ConfigurationError } from '../../config/index.js';
import { MAX_ISSUES, USER_STREAM_TYPES, type UserStreamType, ValidationError } from '../../event-store/domain/index.js';
import { type DataSchemas, type SchemaDescription } from '../application/data-schemas.js';
import { type UserData } from '../domain/index.js';
import { BUILTIN_SCHEMAS, BUILTIN_VERSION } from './builtin-schemas.js';
import { issueOf } from './validation-issues.js';
import { type DataValidator, SchemaCompiler } from './schema-compiler.js';
import { readSchemaFiles, type SchemaFile } from './schema-files.js';

type Schema = Omit<SchemaDescription, 'inUse'>;

/**
 * The built-in schemas and the product's from `USER_SCHEMAS_DIR`. Precedence: the product's schema of the category, the
 * product's of the type, the built-in schema; then the highest version.
 */
@Injectable()
export class AjvDataSchemas implements DataSchemas {
  readonly #compiler = new SchemaCompiler();
  readonly #validators = new Map<string, DataValidator>();
  /** Schemas in use, by type or `{type}-{category}`. */
  readonly #inUse: ReadonlyMap<string, Schema>;
  readonly #all: readonly Schema[];

  /** @throws ConfigurationError that lists each invalid file with the reason */
  constructor(@Inject(APP_CONFIG) { userStreams: { schemasDir } }: Pick<AppConfig, 'userStreams'>) {
    const product = schemasDir === undefined ? [] : this.#read(schemasDir);
    this.#all = [...product, ...builtin().filter(({ name }) => !product.some((own) => own.name === name))].sort(
      bySchemaOrder,
    );
    // Later entries replace earlier ones with the same key.
    const ascending = [...builtin(), ...product.toSorted((one, other) => one.version - other.version)];
    this.#inUse = new Map(
      ascending.map((schema) => [schema.category === null ? schema.type : `${schema.type}-${schema.category}`, schema]),
    );
    backgroundLoads.add('ajv', () => this.#compiler.load());
  }

  check(type: UserStreamType, category: string, data: UserData, within?: string): void {
    const schema = this.#schemaFor(type, category);
    const errors = this.#validatorOf(schema)(data);
    if (errors.length === 0) return;
    const root = [...(within === undefined ? [] : within.split('.')), 'data'];
    const issues = errors.slice(0, MAX_ISSUES).map((error) => issueOf(error, root));
    const more = errors.length > issues.length ? '; and more' : '';
    const reasons = issues.map(({ path, problem }) => `${path}: ${problem}`).join('; ');
    throw new ValidationError(`The data do not match the schema '${schema.name}': ${reasons}${more}`, {
      details: { schema: schema.name },
      issues,
    });
  }

  nameFor(type: UserStreamType, category: string): string {
    return this.#schemaFor(type, category).name;
  }

  describe(): readonly SchemaDescription[] {
    const inUse = new Set([...this.#inUse.values()].map(({ name }) => name));
    return this.#all.map((schema) => ({ ...schema, inUse: inUse.has(schema.name) }));
  }

  #schemaFor(type: UserStreamType, category: string): Schema {
    return this.#inUse.get(`${type}-${category}`) ?? this.#inUse.get(type) ?? builtinOf(type);
  }

  #validatorOf({ name, schema }: Schema): DataValidator {
    const validator = this.#validators.get(name) ?? this.#compiler.compile(schema);
    this.#validators.set(name, validator);
    return validator;
  }

  #read(directory: string): readonly Schema[] {
    const { files, problems } = readSchemaFiles(directory);
    const invalid = [...problems, ...files.flatMap((file) => this.#problemWith(file))];
    if (invalid.length > 0)
      throw new ConfigurationError(invalid.map((problem) => `USER_SCHEMAS_DIR is '${directory}'; ${problem}`));
    return files.map(({ type, category, version, schema }) => ({
      name: `${type}${category === null ? '' : `-${category}`}@${version}`,
      type,
      category,
      version,
      source: 'product',
      schema,
    }));
  }

  #problemWith({ file, schema }: SchemaFile): string[] {
    try {
      this.#compiler.check(schema);
      return [];
    } catch (error) {
      return [`${file}: ${(error as Error).message}`];
    }
  }
}

const builtin = (): readonly Schema[] => USER_STREAM_TYPES.map(builtinOf);

function builtinOf(type: UserStreamType): Schema {
  return {
    name: `${type}@${BUILTIN_VERSION}`,
    type,
    category: null,
    version: BUILTIN_VERSION,
    source: 'builtin',
    schema: BUILTIN_SCHEMAS[type],
  };
}

function bySchemaOrder(one: Schema, other: Schema): number {
  const byType = USER_STREAM_TYPES.indexOf(one.type) - USER_STREAM_TYPES.indexOf(other.type);
  const [category, otherCategory] = [one.category ?? '', other.category ?? ''];
  return byType || (category < otherCategory ? -1 : category > otherCategory ? 1 : other.version - one.version);
}
