import { Inject, Injectable } from '@nestjs/common';
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
 * The built-in schemas, and the product's from `USER_SCHEMAS_DIR`. For the data of a stream counts, in this order: the product's
 * schema of the category, the product's of the type, the built-in one; and of these the highest version.
 */
@Injectable()
export class AjvDataSchemas implements DataSchemas {
  readonly #compiler = new SchemaCompiler();
  readonly #validators = new Map<string, DataValidator>();
  /** In use, by type or `{type}-{category}`. */
  readonly #inUse: ReadonlyMap<string, Schema>;
  readonly #all: readonly Schema[];

  /** @throws ConfigurationError that names every file which cannot be used, and why */
  constructor(@Inject(APP_CONFIG) { userStreams: { schemasDir } }: Pick<AppConfig, 'userStreams'>) {
    const product = schemasDir === undefined ? [] : this.#read(schemasDir);
    this.#all = [...product, ...builtin().filter(({ name }) => !product.some((own) => own.name === name))].sort(
      inOrder,
    );
    // Of those that describe the same data, the last one entered stays: any of the product's after the built-in, the newest last.
    const entered = [...builtin(), ...product.toSorted((one, other) => one.version - other.version)];
    this.#inUse = new Map(
      entered.map((schema) => [schema.category === null ? schema.type : `${schema.type}-${schema.category}`, schema]),
    );
  }

  check(type: UserStreamType, category: string, data: UserData, within?: string): void {
    const schema = this.#for(type, category);
    const errors = this.#validatorOf(schema)(data);
    if (errors.length === 0) return;
    const root = [...(within === undefined ? [] : within.split('.')), 'data'];
    const mistakes = errors.slice(0, MAX_ISSUES).map((error) => issueOf(error, root));
    const more = errors.length > mistakes.length ? '; and more' : '';
    throw new ValidationError(
      `The data do not fit the schema '${schema.name}': ${mistakes.map(({ path, problem }) => `${path}: ${problem}`).join('; ')}${more}`,
      { details: { schema: schema.name, mistakes } },
    );
  }

  nameFor(type: UserStreamType, category: string): string {
    return this.#for(type, category).name;
  }

  describe(): readonly SchemaDescription[] {
    const inUse = new Set([...this.#inUse.values()].map(({ name }) => name));
    return this.#all.map((schema) => ({ ...schema, inUse: inUse.has(schema.name) }));
  }

  #for(type: UserStreamType, category: string): Schema {
    return this.#inUse.get(`${type}-${category}`) ?? this.#inUse.get(type) ?? builtinOf(type);
  }

  #validatorOf({ name, schema }: Schema): DataValidator {
    const validator = this.#validators.get(name) ?? this.#compiler.compile(schema);
    this.#validators.set(name, validator);
    return validator;
  }

  #read(directory: string): readonly Schema[] {
    const { files, problems } = readSchemaFiles(directory);
    const unusable = [...problems, ...files.flatMap((file) => this.#problemWith(file))];
    if (unusable.length > 0)
      throw new ConfigurationError(unusable.map((problem) => `USER_SCHEMAS_DIR is '${directory}'; ${problem}`));
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

function builtin(): readonly Schema[] {
  return USER_STREAM_TYPES.map(builtinOf);
}

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

function inOrder(one: Schema, other: Schema): number {
  const byType = USER_STREAM_TYPES.indexOf(one.type) - USER_STREAM_TYPES.indexOf(other.type);
  const [category, otherCategory] = [one.category ?? '', other.category ?? ''];
  return byType || (category < otherCategory ? -1 : category > otherCategory ? 1 : other.version - one.version);
}
