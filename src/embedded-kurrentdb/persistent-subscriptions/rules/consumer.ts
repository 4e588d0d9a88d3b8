/** The statistics cover the most recent ones. */
const MAX_LATENCIES = 1000;

/** A connected consumer, as seen by the strategies. */
export class Consumer {
  totalItems = 0;
  inFlight = 0;
  /** Its connection is backed up: it receives nothing until that has drained. */
  paused = false;
  readonly #latenciesMs: number[] = [];
  #nextLatency = 0;

  constructor(
    readonly id: string,
    /** Maximum number of events in flight. */
    readonly bufferSize: number,
  ) {}

  get availableSlots(): number {
    return this.bufferSize - this.inFlight;
  }

  get canReceive(): boolean {
    return !this.paused && this.availableSlots > 0;
  }

  taken(): void {
    this.inFlight++;
    this.totalItems++;
  }

  released(): void {
    this.inFlight--;
  }

  observe(latencyMs: number): void {
    this.#latenciesMs[this.#nextLatency] = latencyMs;
    this.#nextLatency = (this.#nextLatency + 1) % MAX_LATENCIES;
  }

  measurements(): readonly Measurement[] {
    return summarize(this.#latenciesMs);
  }
}

/** A latency figure of a consumer, in milliseconds. */
export interface Measurement {
  readonly key: string;
  readonly value: number;
}

/** The latency figures of KurrentDB for groups with extra statistics. Empty before the first event. */
export function summarize(latenciesMs: readonly number[]): readonly Measurement[] {
  if (latenciesMs.length === 0) return [];
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  const at = (index: number): number => Math.floor(sorted[Math.min(index, sorted.length - 1)] ?? 0);
  const percentile = (percent: number): number => at(Math.floor((percent * sorted.length) / 100));
  return [
    { key: 'Mean', value: Math.floor(sorted.reduce((sum, value) => sum + value, 0) / sorted.length) },
    { key: 'Median', value: at(Math.floor(sorted.length / 2)) },
    { key: 'Fastest', value: at(0) },
    ...[0, 1, 2, 3, 4].map((quintile) => ({ key: `Quintile ${quintile + 1}`, value: percentile(20 * quintile) })),
    ...[90, 95, 99, 99.5, 99.9].map((percent) => ({ key: `${percent}%`, value: percentile(percent) })),
    { key: 'Highest', value: at(sorted.length - 1) },
  ];
}
