/** Logging port of the application layer. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
  /** @param error logged with its stack and cause */
  error(message: string, error: unknown): void;
}
