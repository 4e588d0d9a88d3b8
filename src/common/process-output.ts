/**
 * To be imported before everything else: warnings of Node, and the error that ends the process, are JSON lines from then
 * on.
 */
import { hostname } from 'node:os';
import { format } from 'node:util';

/** Levels of pino. */
const LEVELS = { warn: 40, error: 50, fatal: 60 } as const;

export interface OutputLog {
  log(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  fatal(fields: { readonly err: unknown }, message: string): void;
}

let log: Pick<OutputLog, 'warn' | 'fatal'> = {
  warn: (message) => print('warn', message),
  fatal: ({ err }, message) =>
    print('fatal', message, { err: err instanceof Error ? { message: err.message, stack: err.stack } : err }),
};

// Instead of the listener of Node, which prints them as text.
process.removeAllListeners('warning');
process.on('warning', ({ name, message }) => log.warn(`${name}: ${message}`));
process.on('uncaughtException', (error) => {
  log.fatal({ err: error }, `The process ends because of an unexpected error: ${String(error)}`);
  process.exit(1);
});

/** Sends what Node and the libraries print, also by `console`, to the log. */
export function logOutputTo(target: OutputLog): void {
  log = target;
  for (const method of ['log', 'info', 'debug'] as const)
    console[method] = (...args: unknown[]) => target.log(format(...args));
  console.warn = (...args: unknown[]) => target.warn(format(...args));
  for (const method of ['error', 'trace'] as const)
    console[method] = (...args: unknown[]) => target.error(format(...args));
}

/** A line as the log has them. */
function print(level: keyof typeof LEVELS, msg: string, fields: object = {}): void {
  const { pid } = process;
  process.stdout.write(
    `${JSON.stringify({ level: LEVELS[level], time: Date.now(), pid, hostname: hostname(), ...fields, msg })}\n`,
  );
}
