/** Logging port of the application layer. */
export interface Log {
  /** @param fields members of the structured line */
  info(message: string, fields?: object): void;
  /** @param fields members of the structured line */
  warn(message: string, fields?: object): void;
  /** @param error logged with its stack and cause */
  error(message: string, error: unknown): void;
}
