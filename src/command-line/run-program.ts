import { type Command, CommanderError } from 'commander';

const FAILED = 1;
const INCORRECT_USAGE = 2;

/**
 * Runs a program and sets the exit code of the process: 0 on success, 1 if a command fails, 2 on incorrect usage.
 * Prints errors as one line on stderr.
 */
export async function runProgram(program: Command, argv: readonly string[]): Promise<void> {
  for (const command of allCommands(program)) command.exitOverride();
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    process.exitCode = exitCodeOf(error);
  }
}

/** Commander prints its own errors; it reports help and version as errors with exit code 0. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : INCORRECT_USAGE;
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return FAILED;
}

function allCommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap((sub) => allCommands(sub))];
}
