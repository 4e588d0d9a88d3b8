import { type Command, CommanderError } from 'commander';

const FAILED = 1;
const MISUSED = 2;

/**
 * Runs a program of commands to its end and sets the exit code of the process: 0, 1 where a command failed, 2 where it was called wrongly.
 * What failed is told in one line on stderr.
 */
export async function runProgram(program: Command, argv: readonly string[]): Promise<void> {
  for (const command of allCommands(program)) command.exitOverride();
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    process.exitCode = exitCodeOf(error);
  }
}

/** Commander has told its own errors, among which help and version are none. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : MISUSED;
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return FAILED;
}

function allCommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap((sub) => allCommands(sub))];
}
