import { execFile } from 'node:child_process';
import { resolve } from 'node:path';

const CLI = resolve(__dirname, '../../dist/cli.js');
const TIMEOUT_MS = 30_000;

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs `dist/cli.js` in a process of its own.
 *
 * @param environment all variables of the process except PATH
 */
export function runCommand(
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<CommandResult> {
  return new Promise((done, fail) => {
    execFile(
      process.execPath,
      [CLI, ...args],
      { env: { PATH: process.env.PATH, ...environment }, timeout: TIMEOUT_MS },
      (error, stdout, stderr) => {
        if (error === null) done({ exitCode: 0, stdout, stderr });
        else if (typeof error.code === 'number') done({ exitCode: error.code, stdout, stderr });
        else fail(new Error(`${args.join(' ')} was terminated by ${error.signal}`, { cause: error }));
      },
    );
  });
}

/** Trimmed stdout of a command. @throws Error with its stderr if it fails */
export async function outputOf(
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand(environment, ...args);
  if (exitCode !== 0) throw new Error(`${args.join(' ')} exited with ${exitCode}: ${stderr}`);
  return stdout.trimEnd();
}
