import { isObservable } from "@trpc/server/observable";

interface Serializer {
  serialize(value: unknown): unknown;
}

/**
 * Checks that the result of a streamed call can be serialized. An iterable is checked value by value: it fails at the first one
 * that cannot be serialized.
 *
 * @throws whatever the serializer throws
 */
export function checkStreamedResult(value: unknown, serializer: Serializer): unknown {
  if (isAsyncIterable(value)) return iterate(value, serializer);
  check(serializer.serialize(value));
  return value;
}

/** A result that is serialized before tRPC does it, so that only its own call fails. */
export class SerializedResult {
  readonly data: unknown;

  constructor(data: unknown) {
    this.data = data;
  }
}

/**
 * Serializes the result of a call that is not streamed. Iterables and observables are left to tRPC, which refuses them.
 *
 * @throws whatever the serializer throws
 */
export function serializeResult(value: unknown, serializer: Serializer): unknown {
  if (isAsyncIterable(value) || isObservable(value)) return value;
  const data = serializer.serialize(value);
  check(data);
  return new SerializedResult(data);
}

/** A serializer can leave instances of classes in what it returns. JSON refuses some: one that contains itself, an own `toJSON`. */
function check(serialized: unknown): void {
  JSON.stringify(serialized);
}

async function* iterate(values: AsyncIterable<unknown>, serializer: Serializer): AsyncGenerator<unknown, unknown> {
  const iterator = values[Symbol.asyncIterator]();
  let isDone = false;
  try {
    for (;;) {
      const { done, value } = await iterator.next();
      check(serializer.serialize(value));
      if (done) {
        isDone = true;
        return value as unknown;
      }
      yield value;
    }
  } catch (cause) {
    isDone = true;
    await iterator.return?.();
    throw cause;
  } finally {
    if (!isDone) await iterator.return?.();
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
