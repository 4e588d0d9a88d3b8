import { type EventProblem, type RecordedEvent } from './event.js';

/** What stored data became: data of the current version of its type, or the reason why not. */
export type DecodedData = { readonly data: unknown; readonly problem?: EventProblem };

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
    if (!upcasters[version])
      throw new Error(
        `Event type '${definition.type}' is at schema version ${definition.schemaVersion} but has no upcaster from version ${version}`,
      );
  }
  return { ...definition, upcasters };
}

/** True, and narrows, where the event is of the definition's type and could be read. */
export function isEvent<Type extends string, Data>(
  event: RecordedEvent,
  definition: EventDefinition<Type, Data>,
): event is RecordedEvent<Type, Data> {
  return event.type === definition.type && event.problem === undefined;
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
   * Brings stored data to the current version of its type and checks it. Never throws: one bad event must not make a stream
   * unreadable.
   *
   * @param schemaVersion the version it was written with; 1 where the event does not say
   */
  decode(type: string, data: unknown, schemaVersion: number): DecodedData {
    const definition = this.#definitions.get(type);
    if (!definition) return { data };
    if (schemaVersion > definition.schemaVersion) {
      const message = `It has schema version ${schemaVersion}; this version of the service reads '${type}' up to ${definition.schemaVersion}. Upgrade the service`;
      return { data, problem: { reason: 'newer-schema-version', message } };
    }
    try {
      let current = data;
      for (let version = schemaVersion; version < definition.schemaVersion; version++) {
        const upcast = definition.upcasters[version];
        if (!upcast) throw new Error(`there is no schema version ${version}`);
        current = upcast(current);
      }
      return { data: definition.parse(current) };
    } catch (error) {
      return {
        data,
        problem: { reason: 'malformed', message: error instanceof Error ? error.message : String(error) },
      };
    }
  }
}
