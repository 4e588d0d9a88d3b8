/** Values of sorted iterables in order, equal ones once. */
export function* mergeSorted<Value>(
  sources: readonly Iterable<Value>[],
  compare: (one: Value, other: Value) => number,
): Iterable<Value> {
  const iterators = sources.map((source) => source[Symbol.iterator]());
  try {
    const heads = iterators.map((iterator) => iterator.next());
    for (;;) {
      let least: { readonly value: Value } | undefined;
      for (const head of heads) {
        if (head.done !== true && (!least || compare(head.value, least.value) < 0)) least = { value: head.value };
      }
      if (!least) return;
      yield least.value;
      for (const [index, head] of heads.entries()) {
        const iterator = iterators[index];
        if (iterator && head.done !== true && compare(head.value, least.value) === 0) heads[index] = iterator.next();
      }
    }
  } finally {
    for (const iterator of iterators) iterator.return?.();
  }
}
