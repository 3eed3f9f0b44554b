import type { Read } from "../tables/reads/read-recorder.js";

/** Most found rows that are kept with a sleeping subscription. With more, its first touch after a wake runs it. */
const MOST_FOUND = 20;

/** What is kept of a run's reads while the object sleeps. */
export function toStoredReads(reads: readonly Read[]): readonly Read[] {
  return reads.map(({ found, ...read }) => (found && found.length <= MOST_FOUND ? { ...read, found } : read));
}

export function isSameReads(one: readonly Read[] | undefined, other: readonly Read[]): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
