import { type LoggerService } from '@nestjs/common';

/** Context of the errors that Nest logs and rethrows; the command prints them itself. */
const RETHROWN = 'ExceptionHandler';

/** Keeps stdout for the output of commands: drops logs below warning level and writes the others to stderr. */
export class StderrLogger implements LoggerService {
  log(): void {}

  warn(message: unknown): void {
    print(message);
  }

  error(message: unknown, ...context: readonly unknown[]): void {
    if (context.at(-1) !== RETHROWN) print(message);
  }

  fatal(message: unknown): void {
    print(message);
  }
}

function print(message: unknown): void {
  process.stderr.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`);
}
