import { promises as dns } from 'node:dns';
import { withDeadline } from '../wait.js';
import { type ResolvConf } from './resolv-conf.js';

/** `none`: the servers say that there is no such record. */
export type DnsFailure = 'none' | 'server-failure' | 'no-answer';
export type DnsResult<Value> = { readonly value: Value } | { readonly failure: DnsFailure };

type Ask<Value> = (resolver: dns.Resolver) => Promise<Value>;

/** Codes of c-ares for a name that does not exist, has no record of the type, or cannot be encoded. */
const NONE: readonly unknown[] = ['ENOTFOUND', 'ENODATA', 'EBADNAME'];
/** Codes of c-ares for an answer that another server may give better. */
const SERVER_FAILURE: readonly unknown[] = ['ESERVFAIL', 'EREFUSED', 'ENOTIMP', 'EFORMERR', 'EBADRESP'];

/** The name servers of a resolv.conf. Remembers which of them did not answer, and asks those last. */
export class NameServers {
  readonly #silent = new Set<string>();
  #rotation = 0;

  /** Opens a session for the questions of one look-up; aborted by the signal. */
  open({ servers, timeoutMs, attempts, rotate }: ResolvConf, signal: AbortSignal): NameServerSession {
    const start = rotate ? this.#rotation++ % servers.length : 0;
    const rotated = [...servers.slice(start), ...servers.slice(0, start)];
    const ordered = [
      ...rotated.filter((server) => !this.#silent.has(server)),
      ...rotated.filter((server) => this.#silent.has(server)),
    ];
    const turns = Array.from({ length: attempts }, () => ordered).flat();
    return new NameServerSession(turns, timeoutMs, this.#silent, signal);
  }
}

/** The questions of one look-up: each is asked of one server after the other, until one answers. */
export class NameServerSession {
  /** By turn, shared by the questions. */
  readonly #resolvers: dns.Resolver[] = [];

  constructor(
    private readonly turns: readonly string[],
    private readonly timeoutMs: number,
    private readonly silent: Set<string>,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', () => this.#cancel(), { once: true });
  }

  /** @returns `no-answer` if it was aborted */
  async ask<Value>(ask: Ask<Value>): Promise<DnsResult<Value>> {
    let failure: DnsFailure = 'no-answer';
    for (const [turn, server] of this.turns.entries()) {
      if (this.signal.aborted) break;
      try {
        // The timer of c-ares is up to a second late.
        const value = await withDeadline(
          ask(this.#resolverOf(turn, server)),
          this.timeoutMs,
          () => new Error('no answer'),
        );
        this.silent.delete(server);
        return { value };
      } catch (error) {
        if (this.signal.aborted) break;
        failure = failureOf(error);
        if (failure === 'no-answer') this.silent.add(server);
        else this.silent.delete(server);
        if (failure === 'none') break;
      }
    }
    return { failure };
  }

  /**
   * c-ares of its own for each turn: one that is used for long derives its timeout from earlier answers, and cannot
   * cancel a single look-up.
   */
  #resolverOf(turn: number, server: string): dns.Resolver {
    const known = this.#resolvers[turn];
    if (known) return known;
    const resolver = new dns.Resolver({ timeout: this.timeoutMs, tries: 1 });
    resolver.setServers([server]);
    this.#resolvers[turn] = resolver;
    return resolver;
  }

  #cancel(): void {
    for (const resolver of this.#resolvers) resolver.cancel();
  }
}

function failureOf(error: unknown): DnsFailure {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (NONE.includes(code)) return 'none';
  return SERVER_FAILURE.includes(code) ? 'server-failure' : 'no-answer';
}
