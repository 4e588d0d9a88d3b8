/**
 * Measures `count` operations, `concurrency` at a time.
 *
 * @param operation is called with the number of the one that calls, from 0
 * @returns `p50` and `p99` in milliseconds, `perSecond`
 */
export async function measure(operation, count, concurrency) {
  const times = [];
  let left = count;
  const worker = async (_, number) => {
    while (left-- > 0) {
      const start = performance.now();
      await operation(number);
      times.push(performance.now() - start);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: concurrency }, worker));
  const seconds = (performance.now() - start) / 1_000;
  times.sort((a, b) => a - b);
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99), perSecond: count / seconds };
}

/**
 * Measures operations alternately: all of them are warmed up, then each runs in every round.
 *
 * @param operations by name; a result may hold more figures than {@link measure} gives
 * @returns `of(name, figure)`: median of the rounds; `ratio(name, base)`: of the p50s, median of the rounds
 */
export async function compare(operations, { warmUp, count, rounds, concurrency, measured = measure }) {
  for (const operation of Object.values(operations)) await measured(operation, warmUp, concurrency);
  const results = [];
  for (let round = 0; round < rounds; round++) {
    const result = {};
    for (const [name, operation] of Object.entries(operations))
      result[name] = await measured(operation, count, concurrency);
    results.push(result);
  }
  return {
    of: (name, figure) => median(results.map((result) => result[name][figure])),
    ratio: (name, base) => median(results.map((result) => result[name].p50 / result[base].p50)),
  };
}

/** A line of figures for each of the operations. */
export function printFigures(operations, concurrency, { of }) {
  for (const name of Object.keys(operations)) {
    console.log(
      `  ${String(concurrency).padStart(2)} concurrent  ${name.padEnd(7)}  p50 ${of(name, 'p50').toFixed(2)} ms  p99 ${of(name, 'p99').toFixed(2)} ms  ${Math.round(of(name, 'perSecond'))}/s`,
    );
  }
}

/** The value below which a share of the sorted ones lies. */
export function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

function median(values) {
  return percentile(
    values.toSorted((a, b) => a - b),
    0.5,
  );
}
