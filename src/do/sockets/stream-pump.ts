import { isTrackedEnvelope } from "@trpc/server";
import { isNestedPromise, resolveNested } from "../../router/resolve-nested.js";

export interface StreamPumpOptions {
  readonly iterable: AsyncIterable<unknown>;
  readonly signal: AbortSignal;
  /** Resolves when there is room for another value. */
  readonly room: () => Promise<void>;
  /** Resolves when the next value may be told; `false` when none may be any more. */
  readonly ready: () => Promise<boolean>;
  readonly onTracked: (id: string, data: unknown) => void;
  readonly onValue: (data: unknown) => void;
  readonly onEnd: (returned: unknown) => void;
  readonly onError: (cause: unknown) => void;
}

/**
 * Tells what an app's own generator yields, one value after the other. Runs beside the handler that started it:
 * a handler that waited for it would keep the object awake and hold up the socket's other messages.
 */
export async function pumpStream(options: StreamPumpOptions): Promise<void> {
  const { iterable, signal, ready } = options;
  let iterator: AsyncIterator<unknown> | undefined;
  // Ends it at its next await, so that its `finally` runs, also when the client has stopped listening.
  const stop = (): void => void iterator?.return?.().catch(() => {});
  signal.addEventListener("abort", stop, { once: true });
  try {
    iterator = iterable[Symbol.asyncIterator]();
    for (;;) {
      const { done, value: given } = await iterator.next();
      const value = resolveNested(given);
      const next = { done, value: isNestedPromise(value) ? await value : value };
      if (signal.aborted) return;
      // A returned value is delivered to the client, like those before it.
      if (next.done && next.value !== undefined && !(await ready())) return;
      if (next.done) return options.onEnd(next.value as unknown);
      if (!(await ready())) return stop();
      if (isTrackedEnvelope(next.value)) options.onTracked(next.value[0], next.value[1]);
      else options.onValue(next.value);
      // Not produced before it can be sent: until then it would be in memory.
      await options.room();
      if (signal.aborted) return stop();
    }
  } catch (cause) {
    if (!signal.aborted) options.onError(cause);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
