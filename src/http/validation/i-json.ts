/// <reference lib="es2024.string" />
import { type ValidationIssue, MAX_ISSUES } from '../../event-store/domain/index.js';
import { MAX_JSON_DEPTH } from '../bodies/json-scan.js';
import { propertyPath } from './property-path.js';

type JsonObject = Readonly<Record<string, unknown>>;

/** Array, or object with its `keys`, on the traversal stack. */
interface Frame {
  readonly array: readonly unknown[];
  readonly object: JsonObject;
  readonly keys: readonly string[] | undefined;
  readonly length: number;
  /** Index of the next element or key. */
  next: number;
}

const EMPTY_ARRAY: readonly unknown[] = [];
const EMPTY_OBJECT: JsonObject = {};

/**
 * Reports values that cannot be stored and returned unchanged: those that I-JSON forbids (RFC 7493: numbers that a
 * double cannot represent exactly, invalid Unicode), nesting that could overflow a stack, and `__proto__`, which an
 * assignment would turn into a prototype. Repeated names are refused before: parsing keeps one of them.
 *
 * Iterative; stops after {@link MAX_ISSUES} issues and never descends below {@link MAX_JSON_DEPTH} levels.
 *
 * @param root result of `JSON.parse`
 */
export function jsonIssues(root: unknown): readonly ValidationIssue[] {
  if (!isContainer(root)) {
    const problem = problemWithScalar(root);
    return problem === undefined ? [] : [{ path: 'body', problem, segments: [] }];
  }
  const issues: ValidationIssue[] = [];
  const open: Frame[] = [frameOf(root)];
  for (let frame = open.at(-1); frame && issues.length < MAX_ISSUES; frame = open.at(-1)) {
    if (frame.next === frame.length) {
      open.pop();
      continue;
    }
    const key = frame.keys?.[frame.next];
    const value = key === undefined ? frame.array[frame.next] : frame.object[key];
    frame.next++;
    const keyProblem = key === undefined ? undefined : problemWithKey(key);
    if (keyProblem !== undefined) {
      issues.push(issueAt(open, keyProblem));
    } else if (!isContainer(value)) {
      const problem = problemWithScalar(value);
      if (problem !== undefined) issues.push(issueAt(open, problem));
    } else if (open.length === MAX_JSON_DEPTH) {
      issues.push(issueAt(open, `must have at most ${MAX_JSON_DEPTH} levels of nesting`));
    } else {
      open.push(frameOf(value));
    }
  }
  return issues;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function frameOf(container: object): Frame {
  if (Array.isArray(container))
    return { array: container, object: EMPTY_OBJECT, keys: undefined, length: container.length, next: 0 };
  const keys = Object.keys(container);
  return { array: EMPTY_ARRAY, object: container as JsonObject, keys, length: keys.length, next: 0 };
}

function issueAt(open: readonly Frame[], problem: string): ValidationIssue {
  const segments = open.map(({ keys, next }) => keys?.[next - 1] ?? next - 1);
  return { path: propertyPath(segments), problem, segments };
}

function problemWithKey(key: string): string | undefined {
  if (key === '__proto__') return 'should not exist';
  return key.isWellFormed() ? undefined : 'has a property name with invalid Unicode (a lone surrogate)';
}

function problemWithScalar(value: unknown): string | undefined {
  if (typeof value === 'string')
    return value.isWellFormed() ? undefined : 'contains invalid Unicode (a lone surrogate)';
  if (typeof value !== 'number' || (value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER))
    return undefined;
  return 'is a number that cannot be stored exactly; send it as a string';
}
