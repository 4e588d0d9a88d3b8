import { execFileSync } from 'node:child_process';

/** The limit of open files of a running process (prlimit(1)): below what it has open, it can open nothing more. */
export class FileDescriptors {
  readonly #usual: string;

  constructor(private readonly pid: number) {
    this.#usual = prlimit(pid, '--nofile', '--output=SOFT', '--noheadings').trim();
  }

  /** From now on, each open, accept and connect of the process fails with EMFILE. */
  useUp(): void {
    prlimit(this.pid, '--nofile=1:');
  }

  free(): void {
    prlimit(this.pid, `--nofile=${this.#usual}:`);
  }
}

function prlimit(pid: number, ...options: readonly string[]): string {
  return execFileSync('prlimit', ['--pid', String(pid), ...options], { encoding: 'utf8' });
}
