import { isObservable } from "@trpc/server/observable";

interface Serializer {
  serialize(value: unknown): unknown;
}

/**
 * Checks that the result of a streamed call can be serialized. The values of an iterable are checked one by one, when they are
 * sent.
 *
 * @throws the error of the serializer
 */
export function checkStreamedResult(value: unknown, serializer: Serializer): unknown {
  if (isAsyncIterable(value)) return iterate(value, serializer);
  check(serializer.serialize(value));
  return value;
}

/** A result that is serialized before tRPC's adapter does it, so that an error fails only its own call. */
export class SerializedResult {
  readonly data: unknown;

  constructor(data: unknown) {
    this.data = data;
  }
}

/**
 * Serializes the result of a call that is not streamed. Returns iterables and observables unchanged, because tRPC rejects them.
 *
 * @throws the error of the serializer
 */
export function serializeResult(value: unknown, serializer: Serializer): unknown {
  if (isAsyncIterable(value) || isObservable(value)) return value;
  const data = serializer.serialize(value);
  check(data);
  return new SerializedResult(data);
}

/** JSON.stringify can fail for class instances that a serializer returns: one that contains itself, or has its own `toJSON`. */
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

export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
