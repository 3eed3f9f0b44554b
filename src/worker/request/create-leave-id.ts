/** Created by the first request, because a Worker has no random numbers before. */
let isolate: string | undefined;
let count = 0;

/** Returns the id of the calls that an object gets in one RPC. No other calls have it, and other clients cannot guess it. */
export function createLeaveId(): string {
  isolate ??= crypto.randomUUID();
  return `${isolate}-${count++}`;
}
