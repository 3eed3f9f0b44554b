import { tracked, type TrackedEnvelope } from "@trpc/server";
import type { Change } from "../../shared/change.js";
import type { ChangeHub } from "./change-hub.js";

const SOURCE = Symbol("trpc-userdo.source");

/** What a source listens to. It is all that has to be kept of a subscription while the object sleeps. */
export interface SourceDescription {
  readonly table: string;
  /** Where the subscriber left off; nothing for a new one. */
  readonly after: string | undefined;
}

type Events = AsyncIterable<TrackedEnvelope<Change<unknown>>>;

/**
 * The changes of one table. A real async iterable, for `for await` and callers in the same object; and one that
 * says what it listens to, so that a socket need not iterate it: an iterator lives in memory only, and would be
 * gone, without a word, after the object slept.
 */
export function createChangeSource(hub: ChangeHub, description: SourceDescription, signal?: AbortSignal): Events {
  return Object.assign(iterate(hub, description, signal), { [SOURCE]: description });
}

/** What a subscription's result listens to, if it is a source. */
export function describeSource(result: unknown): SourceDescription | undefined {
  return typeof result === "object" && result !== null && SOURCE in result
    ? (result[SOURCE] as SourceDescription)
    : undefined;
}

function iterate(hub: ChangeHub, { table, after }: SourceDescription, signal?: AbortSignal): Events {
  return {
    async *[Symbol.asyncIterator]() {
      let position: string | ReturnType<ChangeHub["head"]> = after ?? hub.head();
      let touched = true;
      let wake = (): void => {};
      const stop = hub.onFlush(({ tables }) => {
        if (!tables.includes(table)) return;
        touched = true;
        wake();
      });
      const onAbort = (): void => wake();
      signal?.addEventListener("abort", onAbort, { once: true });
      try {
        while (!signal?.aborted) {
          if (!touched) {
            await new Promise<void>((resolve) => (wake = resolve));
            continue;
          }
          touched = false;
          const missed = hub.since(table, position);
          position = hub.head();
          for (const { cursor, change } of missed) yield tracked(cursor, change);
        }
      } finally {
        stop();
        signal?.removeEventListener("abort", onAbort);
      }
    },
  };
}
