/// <reference lib="es2024.string" />
import { type ValidationIssue, MAX_ISSUES } from '../../event-store/domain/index.js';
import { pathOf } from './property-path.js';

/** Levels that lists and objects may be nested; the body itself is the first. */
export const MAX_JSON_DEPTH = 64;

type JsonObject = Readonly<Record<string, unknown>>;

/** A list or object that is being walked through; `keys` where it is an object. */
interface Frame {
  readonly list: readonly unknown[];
  readonly object: JsonObject;
  readonly keys: readonly string[] | undefined;
  readonly length: number;
  /** Index of the member that comes next. */
  next: number;
}

const EMPTY_LIST: readonly unknown[] = [];
const EMPTY_OBJECT: JsonObject = {};

/**
 * What in a parsed JSON text cannot be kept and given back as it was sent: what I-JSON forbids (RFC 7493: numbers beyond what a
 * double holds exactly, broken Unicode), nesting that would overflow a stack somewhere, and `__proto__`, which assignment anywhere
 * would turn from a member into a prototype. Names that occur twice cannot be seen any more after parsing.
 *
 * Walks without recursion, stops at the first {@link MAX_ISSUES}, and goes no deeper than {@link MAX_JSON_DEPTH}.
 *
 * @param root what `JSON.parse` gave
 */
export function jsonIssues(root: unknown): readonly ValidationIssue[] {
  if (!isContainer(root)) {
    const problem = problemWithScalar(root);
    return problem === undefined ? [] : [{ path: 'body', problem }];
  }
  const mistakes: ValidationIssue[] = [];
  const open: Frame[] = [frameOf(root)];
  for (let frame = open.at(-1); frame && mistakes.length < MAX_ISSUES; frame = open.at(-1)) {
    if (frame.next === frame.length) {
      open.pop();
      continue;
    }
    const key = frame.keys?.[frame.next];
    const value = key === undefined ? frame.list[frame.next] : frame.object[key];
    frame.next++;
    const wrongKey = key === undefined ? undefined : problemWithKey(key);
    if (wrongKey !== undefined) {
      mistakes.push({ path: placeOf(open), problem: wrongKey });
    } else if (!isContainer(value)) {
      const problem = problemWithScalar(value);
      if (problem !== undefined) mistakes.push({ path: placeOf(open), problem });
    } else if (open.length === MAX_JSON_DEPTH) {
      mistakes.push({ path: placeOf(open), problem: `is nested deeper than ${MAX_JSON_DEPTH} levels` });
    } else {
      open.push(frameOf(value));
    }
  }
  return mistakes;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function frameOf(container: object): Frame {
  if (Array.isArray(container))
    return { list: container, object: EMPTY_OBJECT, keys: undefined, length: container.length, next: 0 };
  const keys = Object.keys(container);
  return { list: EMPTY_LIST, object: container as JsonObject, keys, length: keys.length, next: 0 };
}

function placeOf(open: readonly Frame[]): string {
  return pathOf(open.map(({ keys, next }) => keys?.[next - 1] ?? next - 1));
}

function problemWithKey(key: string): string | undefined {
  if (key === '__proto__') return 'should not exist';
  return key.isWellFormed() ? undefined : 'has a name with broken Unicode (a lone surrogate)';
}

function problemWithScalar(value: unknown): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? undefined : 'holds broken Unicode (a lone surrogate)';
  if (typeof value !== 'number' || (value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER))
    return undefined;
  return 'is a number that cannot be kept exactly; send it as text';
}
