import type { OperationLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import { sessionCallOf } from "./client-sessions.js";
import type { ClientState } from "./client-state.js";
import { loadFailures } from "./failure-loader.js";

type Link = OperationLink<AnyTRPCRouter>;

/** Sends a call again after a temporary error: a query, or a mutation with an idempotency key. */
export function withRetries(link: Link, state: ClientState): Link {
  return (chain) =>
    sessionCallOf(chain.op).canRetry
      ? observable((observer) => {
          let end: (() => void) | undefined = link(chain).subscribe({
            ...observer,
            error: (error) =>
              void loadFailures().then((failures) => {
                if (!end) return;
                if (failures) end = failures.retry({ link, chain, observer, error, state });
                else observer.error(error);
              }),
          }).unsubscribe;
          return () => {
            end?.();
            end = undefined;
          };
        })
      : link(chain);
}
