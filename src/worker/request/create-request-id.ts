/** Created by the first request, because a Worker has no random numbers before. */
let isolate: string | undefined;
let count = 0;

/** Returns an id that no other request has, in any Worker. Other clients cannot guess it. */
export function createRequestId(): string {
  isolate ??= crypto.randomUUID();
  return `${isolate}-${count++}`;
}
