/** mulberry32: returns the same numbers for the same seed on every machine. */
export function createRandom(seed: number) {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (end: number): number => Math.floor(next() * end);
  return {
    below,
    chance: (probability: number): boolean => next() < probability,
    of: <TValue>(values: readonly TValue[]): TValue => values[below(values.length)] as TValue,
    times: <TValue>(most: number, make: () => TValue): TValue[] => Array.from({ length: 1 + below(most) }, make),
  };
}

export type Random = ReturnType<typeof createRandom>;
