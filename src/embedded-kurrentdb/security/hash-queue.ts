import { LRUCache } from 'lru-cache';
import { GrpcError, StatusCode } from '../grpc/status.js';

/** Wrong passwords are counted for this many connections, those with the latest ones. */
const MAX_COUNTED_CONNECTIONS = 1_000;

/** Passwords that wait for their verification, of all connections. Beyond it, the one with the most failures is refused. */
const MAX_WAITING = 256;

/** Passwords of one connection that wait for their verification. */
const MAX_WAITING_PER_CONNECTION = 16;

/** Time after the first wrong password of a connection until its next one is verified; it doubles with each. */
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 10_000;

interface Failures {
  readonly count: number;
  /** On the monotonic clock. */
  readonly retryAt: number;
}

interface Waiting {
  /** Undefined: of an authenticated caller. */
  readonly peer: string | undefined;
  readonly run: () => Promise<void>;
  readonly refuse: () => void;
}

const NO_FAILURES: Failures = { count: 0, retryAt: 0 };

/**
 * Runs one slow hash at a time: a hash takes one of the four threads of the process for tens of milliseconds, which
 * file access, DNS and signature checks need too. Authenticated callers come first, then connections with the fewest
 * wrong passwords.
 */
export class HashQueue {
  readonly #waiting: Waiting[] = [];
  readonly #failures = new LRUCache<string, Failures>({ max: MAX_COUNTED_CONNECTIONS });
  #isRunning = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly now: () => number) {}

  /** Runs a hash for an authenticated caller. */
  run<Result>(hash: () => Promise<Result>): Promise<Result> {
    return this.#add(undefined, hash);
  }

  /**
   * Verifies a password that a connection gives, after a delay if it has given wrong ones.
   * @throws GrpcError UNAVAILABLE if too many are waiting
   */
  verify(peer: string, matches: () => Promise<boolean>): Promise<boolean> {
    return this.#add(peer, async () => {
      const isRight = await matches();
      if (isRight) this.#failures.delete(peer);
      else this.#fail(peer);
      return isRight;
    });
  }

  #fail(peer: string): void {
    const count = this.#failuresOf(peer).count + 1;
    const delayMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (count - 1));
    this.#failures.set(peer, { count, retryAt: this.now() + delayMs });
  }

  #failuresOf(peer: string | undefined): Failures {
    return (peer === undefined ? undefined : this.#failures.peek(peer)) ?? NO_FAILURES;
  }

  #add<Result>(peer: string | undefined, hash: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const refuse = (): void =>
        reject(new GrpcError(StatusCode.UNAVAILABLE, 'Too many passwords wait for their verification.'));
      this.#waiting.push({ peer, run: () => hash().then(resolve, reject), refuse });
      this.#refuseExcess(peer);
      this.#next();
    });
  }

  #refuseExcess(peer: string | undefined): void {
    if (peer === undefined) return;
    const ofPeer = this.#waiting.filter((waiting) => waiting.peer === peer);
    const ofUnknown = this.#waiting.filter((waiting) => waiting.peer !== undefined);
    if (ofPeer.length > MAX_WAITING_PER_CONNECTION) this.#refuse(ofPeer.at(-1));
    else if (ofUnknown.length > MAX_WAITING)
      this.#refuse(
        ofUnknown.reduce((worst, waiting) =>
          this.#failuresOf(waiting.peer).count > this.#failuresOf(worst.peer).count ? waiting : worst,
        ),
      );
  }

  #refuse(waiting: Waiting | undefined): void {
    if (waiting === undefined) return;
    this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
    waiting.refuse();
  }

  #next(): void {
    clearTimeout(this.#timer);
    if (this.#isRunning || this.#waiting.length === 0) return;
    const now = this.now();
    const delayMs = Math.min(...this.#waiting.map(({ peer }) => this.#failuresOf(peer).retryAt)) - now;
    if (delayMs > 0) {
      this.#timer = setTimeout(() => this.#next(), Math.ceil(delayMs));
      this.#timer.unref();
      return;
    }
    const rank = ({ peer }: Waiting): number => (peer === undefined ? -1 : this.#failuresOf(peer).count);
    const first = this.#waiting
      .filter(({ peer }) => this.#failuresOf(peer).retryAt <= now)
      .reduce((best, waiting) => (rank(waiting) < rank(best) ? waiting : best));
    this.#waiting.splice(this.#waiting.indexOf(first), 1);
    this.#isRunning = true;
    void first.run().finally(() => {
      this.#isRunning = false;
      this.#next();
    });
  }
}
