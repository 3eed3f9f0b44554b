const FIRST = 1_000;
const LONGEST = 15 * 60_000;
/** The tries of about two days. */
const TRIES = 200;

/** When to try again after so many earlier tries: pauses that double, up to a quarter of an hour; in the end never. */
export function retryAt(attempts: number, now: number): number | undefined {
  if (attempts + 1 >= TRIES) return undefined;
  return now + Math.min(FIRST * 2 ** attempts, LONGEST);
}
