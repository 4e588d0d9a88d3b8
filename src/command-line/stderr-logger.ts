import { type LoggerService } from '@nestjs/common';

/** What Nest's zone of exceptions logs under; those errors come out of the command themselves. */
const RETHROWN = 'ExceptionHandler';

/** Keeps the output of commands free of logs: what is no warning is left out, and warnings go where errors go. */
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
