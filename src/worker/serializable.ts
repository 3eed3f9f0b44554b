import { isObservable } from "@trpc/server/observable";

interface Serializer {
  serialize(value: unknown): unknown;
}

/**
 * A value of a procedure that can be serialized, or an iterable that fails once one of its values cannot.
 *
 * @throws whatever the serializer throws
 */
export function serializable(value: unknown, serializer: Serializer): unknown {
  if (isAsyncIterable(value)) return iterate(value, serializer);
  serializer.serialize(value);
  return value;
}

/** A value that was serialized before tRPC does, so that a failure is the one of its call. */
export class Serialized {
  readonly data: unknown;

  constructor(data: unknown) {
    this.data = data;
  }
}

/**
 * A value, serialized. What can only be sent as a stream is left to tRPC, which refuses it.
 *
 * @throws whatever the serializer throws
 */
export function serialized(value: unknown, serializer: Serializer): unknown {
  return isAsyncIterable(value) || isObservable(value) ? value : new Serialized(serializer.serialize(value));
}

async function* iterate(values: AsyncIterable<unknown>, serializer: Serializer): AsyncGenerator<unknown, unknown> {
  const iterator = values[Symbol.asyncIterator]();
  let isDone = false;
  try {
    for (;;) {
      const { done, value } = await iterator.next();
      serializer.serialize(value);
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
