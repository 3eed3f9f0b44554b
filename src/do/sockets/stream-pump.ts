import { isTrackedEnvelope } from "@trpc/server";
import { isNestedPromise, resolveNested } from "../../router/resolve-nested.js";

export interface StreamPumpOptions {
  readonly iterable: AsyncIterable<unknown>;
  readonly signal: AbortSignal;
  /** Resolves when the client's window has room for another value. */
  readonly hasRoom: () => Promise<void>;
  /** Resolves when a value may be sent; with `false` if the subscription has ended or is not authorized. */
  readonly ready: () => Promise<boolean>;
  readonly onTracked: (id: string, data: unknown) => void;
  readonly onValue: (data: unknown) => void;
  readonly onEnd: (returned: unknown) => void;
  readonly onError: (cause: unknown) => void;
}

/**
 * Sends the values of a generator of the app. Do not await it in a message handler: that would keep the object awake and block the
 * socket's other messages.
 */
export async function pumpStream(options: StreamPumpOptions): Promise<void> {
  const { iterable, signal, ready } = options;
  let iterator: AsyncIterator<unknown> | undefined;
  // Ends the generator at its next await, so that its `finally` blocks run when the client unsubscribes.
  const stop = (): void => void iterator?.return?.().catch(() => {});
  signal.addEventListener("abort", stop, { once: true });
  try {
    iterator = iterable[Symbol.asyncIterator]();
    for (;;) {
      const { done, value: yielded } = await iterator.next();
      const value = resolveNested(yielded);
      const next = { done, value: isNestedPromise(value) ? await value : value };
      if (signal.aborted) return;
      // A returned value is sent to the client like yielded values, so it must be authorized too.
      if (next.done && next.value !== undefined && !(await ready())) return;
      if (next.done) return options.onEnd(next.value as unknown);
      if (!(await ready())) return stop();
      if (isTrackedEnvelope(next.value)) options.onTracked(next.value[0], next.value[1]);
      else options.onValue(next.value);
      // The generator produces the next value only when it can be sent. Otherwise values would accumulate in memory.
      await options.hasRoom();
      if (signal.aborted) return stop();
    }
  } catch (cause) {
    if (!signal.aborted) options.onError(cause);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
