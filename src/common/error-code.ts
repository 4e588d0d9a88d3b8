import { closeSync, openSync } from 'node:fs';
import { getSystemErrorMap } from 'node:util';

/** Too many open files: of the process, or of the system. */
const OUT_OF_DESCRIPTORS: readonly unknown[] = ['EMFILE', 'ENFILE'];
/** Levels of `cause` that are looked at. */
const MAX_CAUSES = 8;

/** Name of the system's error, such as `ENOSPC`; LMDB gives its positive number. */
export function systemCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  if (typeof error.code === 'string') return error.code;
  return typeof error.code === 'number' ? getSystemErrorMap().get(-error.code)?.[0] : undefined;
}

/** Whether something failed because no file descriptor was left: it may succeed in a moment. */
export function isOutOfDescriptors(error: unknown): boolean {
  for (let cause = error, level = 0; cause instanceof Error && level < MAX_CAUSES; cause = cause.cause, level++)
    if (OUT_OF_DESCRIPTORS.includes(systemCodeOf(cause))) return true;
  return false;
}

/** Whether this process can open another file or connection now. */
export function hasDescriptor(): boolean {
  try {
    closeSync(openSync('/', 'r'));
    return true;
  } catch (error) {
    return !isOutOfDescriptors(error);
  }
}

/** Whether an error has a code of the system or of Node, such as `ENOENT`. */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
