/** Where the events are stored. */
export type StorageOptions =
  | {
      /** Directory of the store, created if necessary. One server at a time. */
      readonly dataDir: string;
      readonly memory?: undefined;
    }
  | {
      /** Nothing is stored after the server stops, and nothing is synced to disk. */
      readonly memory: true;
      readonly dataDir?: undefined;
    };

export type StartOptions = StorageOptions & {
  /** TCP port on 127.0.0.1. Default 0: any free port. */
  readonly port?: number;
  /** Without TLS and users: every local process has full access. For tests. */
  readonly insecure?: boolean;
  /** PEM files of a certificate and its key, instead of self-signed ones. */
  readonly tlsCertFile?: string | undefined;
  readonly tlsKeyFile?: string | undefined;
  /**
   * PEM file of the CA that signed {@link tlsCertFile}, for the connection string; not needed if clients trust it
   * anyway.
   */
  readonly tlsCaFile?: string | undefined;
  /**
   * `private` (default): the only user is `admin`, with a random password that is stored in {@link keysDir}.
   * `development`: `admin` and `ops` with the password `changeit`, as on a new KurrentDB.
   */
  readonly users?: 'private' | 'development';
  /** Directory of the generated password and TLS files, created if necessary. Default: that of the store. */
  readonly keysDir?: string;
  /** Accepts appends by `POST /streams/{name}`, as KurrentDB does with the option of this name. */
  readonly enableAtomPubOverHttp?: boolean;
  /** The worker ended unexpectedly, and with it all connections. Nothing is restarted. */
  readonly onFailure?: (error: Error) => void;
  /** A call failed because of an internal error; the server continues. Default: a process warning. */
  readonly onProblem?: (error: Error) => void;
};

/** Input of the worker. */
export interface ServerOptions {
  readonly directory: string;
  readonly durable: boolean;
  readonly port: number;
  readonly insecure: boolean;
  readonly tlsCertFile: string | undefined;
  readonly tlsKeyFile: string | undefined;
  readonly tlsCaFile: string | undefined;
  readonly users: 'private' | 'development';
  readonly keysDir: string;
  readonly enableAtomPubOverHttp: boolean;
}

/** Messages of the worker. */
export type ServerMessage =
  | {
      readonly kind: 'listening';
      readonly port: number;
      readonly connectionString: string;
      readonly repairs: readonly string[];
    }
  | { readonly kind: 'failed'; readonly isDamage: boolean; readonly message: string }
  | { readonly kind: 'problem'; readonly message: string; readonly stack: string | undefined }
  | { readonly kind: 'rest-loaded'; readonly failure: Error | undefined };

/** Messages to the worker. The answer to the second one is `rest-loaded`. */
export const STOP_MESSAGE = 'stop';
export const LOAD_REST_MESSAGE = 'load-rest';
