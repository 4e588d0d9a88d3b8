import { parseData, type Parser } from '../../common/parse.js';
import { type EventProblem, type RecordedEvent } from './event.js';

/** Data of the current version of the event type, or the stored data with the problem found. */
export type DecodedData = { readonly data: unknown; readonly problem?: EventProblem };

/** Event type with its TypeScript type and schema version; see {@link defineEvent}. */
export interface EventDefinition<Type extends string = string, Data = unknown> {
  readonly type: Type;
  /** Version of new events, from 1. */
  readonly schemaVersion: number;
  /** `upcasters[n]` converts data of version n to version n + 1; required for each older version. */
  readonly upcasters: Readonly<Record<number, (data: unknown) => unknown>>;
  /** Validates data of the current version. @throws Error */
  readonly parse: (data: unknown) => Data;
}

/** Type of the data of an event type. */
export type EventDataOf<Definition extends EventDefinition> = ReturnType<Definition['parse']>;

/**
 * Defines an event type; its schema version is 1 if absent.
 *
 * @throws Error if an older version has no upcaster: at startup, not when the first old event is read
 */
export function defineEvent<Type extends string, Data>(definition: {
  type: Type;
  schemaVersion?: number;
  upcasters?: EventDefinition['upcasters'];
  parse: Parser<Data>;
}): EventDefinition<Type, Data> {
  const { type, schemaVersion = 1, upcasters = {}, parse } = definition;
  for (let version = 1; version < schemaVersion; version++) {
    if (!upcasters[version])
      throw new Error(
        `Event type '${type}' is at schema version ${schemaVersion} but has no upcaster from version ${version}`,
      );
  }
  return { type, schemaVersion, upcasters, parse: (data) => parseData(parse, data) };
}

/** Type guard; false for events that could not be decoded. */
export function isEvent<Type extends string, Data>(
  event: RecordedEvent,
  definition: EventDefinition<Type, Data>,
): event is RecordedEvent<Type, Data> {
  return event.type === definition.type && event.problem === undefined;
}

/** Event types of this process. Events of other types are returned undecoded. */
export class EventRegistry {
  readonly #definitions = new Map<string, EventDefinition>();

  /** @throws Error for a second definition of the type */
  register(definition: EventDefinition): void {
    const existing = this.#definitions.get(definition.type);
    if (existing && existing !== definition) throw new Error(`Event type '${definition.type}' is defined twice`);
    this.#definitions.set(definition.type, definition);
  }

  /** Undefined for unregistered types. */
  schemaVersionOf(type: string): number | undefined {
    return this.#definitions.get(type)?.schemaVersion;
  }

  /**
   * Upcasts and validates stored data. Never throws: one malformed event must not make a stream unreadable.
   *
   * @param schemaVersion of the event's metadata; 1 if absent
   */
  decode(type: string, data: unknown, schemaVersion: number): DecodedData {
    const definition = this.#definitions.get(type);
    if (!definition) return { data };
    if (schemaVersion > definition.schemaVersion) {
      const message =
        `It has schema version ${schemaVersion}; this version of the service reads '${type}' ` +
        `up to ${definition.schemaVersion}. Upgrade the service`;
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
