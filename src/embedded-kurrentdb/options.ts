/** Where the events are kept. */
export type StorageOptions =
  | {
      /** Directory of the store; made if it is not there. One server at a time. */
      readonly dataDir: string;
      readonly memory?: undefined;
    }
  | {
      /** Nothing is kept after the server stops, and nothing is synced to a disk. */
      readonly memory: true;
      readonly dataDir?: undefined;
    };

export type StartOptions = StorageOptions & {
  /** TCP port on 127.0.0.1. Default 0: any that is free. */
  readonly port?: number;
  /** Neither TLS nor users: everyone on the machine may do everything. For tests. */
  readonly insecure?: boolean;
  /** PEM files of a certificate and its key to use instead of self-made ones. */
  readonly tlsCertFile?: string;
  readonly tlsKeyFile?: string;
  /** PEM file of the CA that signed {@link tlsCertFile}, for the connection string; not needed if clients trust it anyway. */
  readonly tlsCaFile?: string;
  /**
   * `private` (the default): user `admin` with a random password that is kept beside the store. `development`: `admin` and `ops` with
   * the password `changeit`, as on a KurrentDB that was just installed.
   */
  readonly users?: 'private' | 'development';
  /** The server's thread ended by itself, and with it the connections. The error says why; nothing is restarted. */
  readonly onFailure?: (error: Error) => void;
  /** A call failed for a reason that is the server's own; the server goes on. Default: a process warning. */
  readonly onProblem?: (error: Error) => void;
};

/** What the server's thread is told. */
export interface ServerOptions {
  readonly directory: string;
  readonly durable: boolean;
  readonly port: number;
  readonly insecure: boolean;
  readonly tlsCertFile: string | undefined;
  readonly tlsKeyFile: string | undefined;
  readonly tlsCaFile: string | undefined;
  readonly users: 'private' | 'development';
}

/** What the server's thread tells. */
export type ServerMessage =
  | { readonly kind: 'listening'; readonly port: number; readonly connectionString: string }
  | { readonly kind: 'failed'; readonly name: string; readonly message: string }
  | { readonly kind: 'problem'; readonly message: string; readonly stack: string | undefined };

export const STOP_MESSAGE = 'stop';
