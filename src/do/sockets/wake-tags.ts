import { fnv1a } from "./wake-keys.js";

const WAKE = "wake:";

/** The tag of a socket with a number in the wake index. Two sockets may have the same number, and are then restored together. */
export function wakeTag(number: number): string {
  return `${WAKE}${number}`;
}

/** Derives the number of a socket in the wake index from the key of its attachment. */
export function wakeNumber(key: string): number {
  return fnv1a(key);
}

/** Returns the number of a socket in the wake index; `undefined` if an earlier version accepted it. */
export function wakeNumberIn(tags: readonly string[]): number | undefined {
  const tag = tags.find((each) => each.startsWith(WAKE));
  return tag === undefined ? undefined : Number(tag.slice(WAKE.length));
}
