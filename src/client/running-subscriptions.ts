import type { Operation, OperationLink, TRPCClientError } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observable, type Unsubscribable } from "@trpc/server/observable";

type Link = OperationLink<AnyTRPCRouter>;

interface Running {
  readonly op: Operation;
  /** Ends the subscription with an error. */
  fail(error: TRPCClientError<AnyTRPCRouter>): void;
  start(): void;
  stop(): void;
}

export interface RunningSubscriptionsOptions {
  readonly linkFor: (op: Operation) => Link;
  readonly mayConnect: () => boolean;
  /** Called when a subscription starts, also when it starts again. Returns the function to call when it has ended. */
  readonly onRun: (op: Operation) => (() => void) | undefined;
  /** Returns whether an error shows that another socket serves the subscription. From then on, `linkFor` returns its link. */
  readonly learn: (op: Operation, error: TRPCClientError<AnyTRPCRouter>) => boolean;
}

/**
 * Manages subscriptions across sockets: when another user signs in, they start again as that user, and while nobody is signed
 * in they wait. To the subscriber, the connection is idle meanwhile.
 */
export function createRunningSubscriptions({ linkFor, mayConnect, onRun, learn }: RunningSubscriptionsOptions) {
  const all = new Set<Running>();

  const link: Link = (chain) =>
    observable((observer) => {
      let current: Unsubscribable | undefined;
      // Number of the current run. Events of a stopped run are ignored: its completion would end the subscription.
      let run = 0;
      let ended: (() => void) | undefined;

      const running: Running = {
        op: chain.op,
        fail(error) {
          run++;
          observer.error(error);
        },
        start() {
          const own = ++run;
          ended?.();
          ended = onRun(chain.op);
          const isCurrent = (): boolean => own === run;
          current = linkFor(chain.op)(chain).subscribe({
            // A socket that is not open yet also reports `idle`. Here that state means that nobody is signed in.
            next: (value) => isCurrent() && !isIdle(value.result) && observer.next(value),
            error: (error) => isCurrent() && (learn(chain.op, error) ? running.start() : observer.error(error)),
            complete: () => isCurrent() && observer.complete(),
          });
        },
        stop() {
          run++;
          current?.unsubscribe();
          current = undefined;
          wait();
        },
      };
      const wait = (): void =>
        observer.next({ result: { type: "state", state: "idle", error: null }, context: chain.op.context });

      all.add(running);
      if (mayConnect()) running.start();
      else wait();
      return () => {
        all.delete(running);
        ended?.();
        run++;
        current?.unsubscribe();
      };
    });

  return {
    link,

    /** Stops all subscriptions until the next start. */
    stop(): void {
      for (const running of all) running.stop();
    },

    /** Ends the subscriptions that match, with an error that a retry cannot resolve. */
    fail(matches: (op: Operation) => boolean, error: TRPCClientError<AnyTRPCRouter>): void {
      for (const running of all) if (matches(running.op)) running.fail(error);
    },

    /** Starts all subscriptions again, if a user is signed in. */
    start(): void {
      if (!mayConnect()) return;
      for (const running of all) running.start();
    },
  };
}

function isIdle(result: { readonly type?: string | undefined; readonly state?: string }): boolean {
  return result.type === "state" && result.state === "idle";
}
