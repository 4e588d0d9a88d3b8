/** Where the application tells operators what happened to it. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
  /** @param error goes into the log with its stack and cause */
  error(message: string, error: unknown): void;
}
