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
 * Runs `dist/cli.js` as a person does in a terminal.
 *
 * @param environment beside PATH, all that the process is given
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
        else fail(new Error(`${args.join(' ')} was ended by ${error.signal}`, { cause: error }));
      },
    );
  });
}

/** What a command that must not fail prints, without the end of the line. @throws Error with what it said where it fails */
export async function outputOf(
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand(environment, ...args);
  if (exitCode !== 0) throw new Error(`${args.join(' ')} ended with ${exitCode}: ${stderr}`);
  return stdout.trimEnd();
}
