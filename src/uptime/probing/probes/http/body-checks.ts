import { type HttpTarget, JsonPath } from '../../../domain/index.js';
import { truncate } from '../connection/connection-errors.js';
import { decodeText } from './charset.js';
import { decodeContent } from './content-coding.js';
import { type BodyLimits, type HttpResponse } from './http-exchange.js';

/** Read limit for a body that is not checked. */
const MAX_UNCHECKED_BYTES = 65_536;
/** Read limit for a body that is checked, both as sent and decoded. */
const MAX_CHECKED_BYTES = 1_048_576;
/** Limit of values quoted in errors. */
const MAX_VALUE_LENGTH = 60;

type Check = (body: string, isComplete: boolean) => string | undefined;

/** The checks of a response body. */
export class BodyChecks {
  readonly limits: BodyLimits;
  readonly #checks: readonly Check[];

  /** @throws Error for an invalid JSON path */
  constructor({ bodyContains, jsonPath }: Pick<HttpTarget, 'bodyContains' | 'jsonPath'>) {
    this.#checks = [
      ...(bodyContains === undefined ? [] : [contains(bodyContains)]),
      ...(jsonPath ? [jsonPathEquals(jsonPath)] : []),
    ];
    const keepBody = this.#checks.length > 0;
    this.limits = { keepBody, maxBytes: keepBody ? MAX_CHECKED_BYTES : MAX_UNCHECKED_BYTES };
  }

  /**
   * Undefined if all checks pass. Does not quote the expected value, which may be a secret.
   *
   * @throws ProbeFailure for a body that cannot be decoded
   */
  async failureReason({ headers, body, isComplete }: HttpResponse): Promise<string | undefined> {
    if (this.#checks.length === 0) return undefined;
    const content = await decodeContent({ bytes: body, isComplete }, headers['content-encoding'], MAX_CHECKED_BYTES);
    const text = decodeText(content.bytes, headers['content-type']);
    for (const check of this.#checks) {
      const reason = check(text, content.isComplete);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }
}

function contains(expected: string): Check {
  return (body, isComplete) => {
    if (body.includes(expected)) return undefined;
    return isComplete
      ? 'the body does not contain the expected text'
      : 'the first 1 MiB of the body does not contain the expected text';
  };
}

function jsonPathEquals({ path, equals }: NonNullable<HttpTarget['jsonPath']>): Check {
  const jsonPath = new JsonPath(path);
  return (body, isComplete) => {
    if (!isComplete) return 'the body is larger than 1 MiB, too large to check as JSON';
    const document = parseJson(body);
    if (document === undefined) return 'the body is not JSON';
    const value = jsonPath.read(document);
    if (value === equals) return undefined;
    return value === undefined ? `${path} is not in the body` : `${path} is ${describe(value)}, not the expected value`;
  };
}

/** Undefined for invalid JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  return truncate(JSON.stringify(value), MAX_VALUE_LENGTH);
}
