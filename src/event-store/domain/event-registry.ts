import { EventDecodingError } from './errors.js';

/** Ties an event type to its TypeScript type and the version of its shape. Made by {@link defineEvent}. */
export interface EventDefinition<Type extends string = string, Data = unknown> {
  readonly type: Type;
  /** Version that is written, from 1. */
  readonly schemaVersion: number;
  /** `upcasters[n]` turns data of version n into data of version n + 1; there is one for every older version. */
  readonly upcasters: Readonly<Record<number, (data: unknown) => unknown>>;
  /** Checks data of the current version; throws an Error that says what is wrong with it. */
  readonly parse: (data: unknown) => Data;
}

/**
 * Defines an event type.
 *
 * @throws Error when an older version has no upcaster, so that the mistake shows at start and not at the first old event.
 */
export function defineEvent<Type extends string, Data>(definition: {
  type: Type;
  schemaVersion: number;
  upcasters?: Readonly<Record<number, (data: unknown) => unknown>>;
  parse: (data: unknown) => Data;
}): EventDefinition<Type, Data> {
  const upcasters = definition.upcasters ?? {};
  for (let version = 1; version < definition.schemaVersion; version++) {
    if (!upcasters[version]) throw new Error(`Event type '${definition.type}' is at schema version ${definition.schemaVersion} but has no upcaster from version ${version}`);
  }
  return { ...definition, upcasters };
}

/** All event types this process knows. Types it does not know are read as they are, undecoded. */
export class EventRegistry {
  readonly #definitions = new Map<string, EventDefinition>();

  /** @throws Error when another definition has the type already. */
  register(definition: EventDefinition): void {
    const known = this.#definitions.get(definition.type);
    if (known && known !== definition) throw new Error(`Event type '${definition.type}' is defined twice`);
    this.#definitions.set(definition.type, definition);
  }

  /** Version that events of this type are written with; undefined for types nobody registered. */
  schemaVersionOf(type: string): number | undefined {
    return this.#definitions.get(type)?.schemaVersion;
  }

  /**
   * Brings stored data to the current version of its type and checks it.
   *
   * @param schemaVersion the version it was written with; 1 where the event does not say
   * @throws EventDecodingError when it is of a newer version than this process knows, or not of its type's shape
   */
  decode(type: string, data: unknown, schemaVersion: number, streamName: string): unknown {
    const definition = this.#definitions.get(type);
    if (!definition) return data;
    if (schemaVersion > definition.schemaVersion) {
      throw new EventDecodingError(
        `An event '${type}' in stream '${streamName}' has schema version ${schemaVersion}; this version of the service reads up to ${definition.schemaVersion}. Upgrade the service`,
        { streamName },
      );
    }
    try {
      let current = data;
      for (let version = schemaVersion; version < definition.schemaVersion; version++) {
        const upcast = definition.upcasters[version];
        if (!upcast) throw new Error(`no upcaster from schema version ${version}`);
        current = upcast(current);
      }
      return definition.parse(current);
    } catch (cause) {
      throw new EventDecodingError(`An event '${type}' in stream '${streamName}' cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { streamName, cause });
    }
  }
}
