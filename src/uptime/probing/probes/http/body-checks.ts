import { type HttpTarget, JsonPath } from '../../../domain/index.js';
import { shorten } from '../connection/connection-errors.js';
import { type BodyLimits, type HttpResponse } from './http-exchange.js';

/** More of a body than this is not read where nothing is looked for in it: it counts as whole then. */
const MAX_UNCHECKED_BYTES = 65_536;
/** More than this is not looked at. */
const MAX_CHECKED_BYTES = 1_048_576;
/** Longest value of a body that is told in an error. */
const MAX_VALUE_LENGTH = 60;

type Check = (body: string, isWhole: boolean) => string | undefined;

/** What the body of an answer must hold. */
export class BodyChecks {
  readonly limits: BodyLimits;
  readonly #checks: readonly Check[];

  /** @throws Error for a JSON path that is none */
  constructor({ bodyContains, jsonPath }: Pick<HttpTarget, 'bodyContains' | 'jsonPath'>) {
    this.#checks = [
      ...(bodyContains === undefined ? [] : [containing(bodyContains)]),
      ...(jsonPath ? [equalling(jsonPath)] : []),
    ];
    const isKept = this.#checks.length > 0;
    this.limits = { isKept, mostBytes: isKept ? MAX_CHECKED_BYTES : MAX_UNCHECKED_BYTES };
  }

  /** @returns what is wrong, for a person; without what was expected, which may be a secret */
  findFault({ headers, body, isWhole }: HttpResponse): string | undefined {
    if (this.#checks.length === 0) return undefined;
    const encoding = headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity')
      return `the body is compressed (${encoding}), which was not asked for, so that it cannot be checked`;
    const text = body.toString('utf8');
    for (const check of this.#checks) {
      const fault = check(text, isWhole);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
}

function containing(expected: string): Check {
  return (body, isWhole) => {
    if (body.includes(expected)) return undefined;
    return isWhole
      ? 'the body does not hold the text that it should'
      : 'the first 1 MiB of the body does not hold the text that it should';
  };
}

function equalling({ path, equals }: NonNullable<HttpTarget['jsonPath']>): Check {
  const compiled = new JsonPath(path);
  return (body, isWhole) => {
    if (!isWhole) return 'the body is larger than 1 MiB, too large to be checked as JSON';
    const document = parse(body);
    if (document === undefined) return 'the body is not JSON';
    const value = compiled.read(document);
    if (value === equals) return undefined;
    return value === undefined ? `${path} is not in the body` : `${path} is ${describe(value)}, which it should not be`;
  };
}

/** @returns undefined where it is not JSON, which has no such value */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return shorten(JSON.stringify(value), MAX_VALUE_LENGTH);
}
