import type { Operation, OperationLink, TRPCClientError } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observable, type Unsubscribable } from "@trpc/server/observable";

type Link = OperationLink<AnyTRPCRouter>;

interface Running {
  readonly op: Operation;
  /** Ends it for good. */
  fail(error: TRPCClientError<AnyTRPCRouter>): void;
  start(): void;
  stop(): void;
}

export interface RunningSubscriptionsOptions {
  readonly linkFor: (op: Operation) => Link;
  readonly mayConnect: () => boolean;
  /** One begins. Gives what is called when it has ended. */
  readonly onRun: (op: Operation) => () => void;
}

/**
 * Subscriptions that outlive their sockets: when somebody else signs in, they begin afresh as that user, and while
 * nobody is signed in they wait. To whoever listens it is a connection that is idle for a while.
 */
export function createRunningSubscriptions({ linkFor, mayConnect, onRun }: RunningSubscriptionsOptions) {
  const all = new Set<Running>();

  const link: Link = (chain) =>
    observable((observer) => {
      let current: Unsubscribable | undefined;
      // What a stopped one still says is not passed on: its last word would end the subscription.
      let turn = 0;

      const running: Running = {
        op: chain.op,
        fail(error) {
          turn++;
          observer.error(error);
        },
        start() {
          const mine = ++turn;
          const isCurrent = (): boolean => mine === turn;
          current = linkFor(chain.op)(chain).subscribe({
            // A socket that is yet to be opened says that it is idle, too: here that means to wait for somebody.
            next: (value) => isCurrent() && !isIdle(value.result) && observer.next(value),
            error: (error) => isCurrent() && observer.error(error),
            complete: () => isCurrent() && observer.complete(),
          });
        },
        stop() {
          turn++;
          current?.unsubscribe();
          current = undefined;
          wait();
        },
      };
      const wait = (): void =>
        observer.next({ result: { type: "state", state: "idle", error: null }, context: chain.op.context });

      const ended = onRun(chain.op);
      all.add(running);
      if (mayConnect()) running.start();
      else wait();
      return () => {
        all.delete(running);
        ended();
        turn++;
        current?.unsubscribe();
      };
    });

  return {
    link,

    /** Ends all for now. */
    stop(): void {
      for (const running of all) running.stop();
    },

    /** Ends those that match, for a reason that trying again does not cure. */
    fail(matches: (op: Operation) => boolean, error: TRPCClientError<AnyTRPCRouter>): void {
      for (const running of all) if (matches(running.op)) running.fail(error);
    },

    /** Begins all anew, if anybody is signed in. */
    start(): void {
      if (!mayConnect()) return;
      for (const running of all) running.start();
    },
  };
}

function isIdle(result: { readonly type?: string | undefined; readonly state?: string }): boolean {
  return result.type === "state" && result.state === "idle";
}
