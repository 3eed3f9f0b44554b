import { reasonOf } from "../../router/reasoned-error.js";
import type { ActionLog, NewAction } from "./action-log.js";

export interface AuditedChangeOptions extends Pick<NewAction, "actor" | "device"> {
  readonly log: Pick<ActionLog, "add">;
  readonly transaction: <TResult>(work: () => TResult) => TResult;
  /** Checks the permissions of the call again, in the transaction of the change. */
  readonly checkAgain: () => void;
}

type Action = Omit<NewAction, "actor" | "device" | "outcome" | "failure">;

/** Creates the functions that run the changes of one caller, and record their outcomes. */
export function createAuditedChange({ actor, device, log, transaction, checkAgain }: AuditedChangeOptions) {
  function recordFailure(action: Action, error: unknown): void {
    const failure = reasonOf(error) ?? "UNEXPECTED";
    const outcome = failure === "MISSING_PERMISSION" ? "denied" : "failed";
    log.add({ ...action, actor, device, outcome, failure });
  }

  return {
    /** Records an action that was refused. */
    recordFailure,

    /**
     * Runs a change in a transaction, which also adds its entry to the log. A change that is refused gets an entry too.
     *
     * @param work returns whether it changed something, and its result. Without a change, there is no entry
     */
    run<TResult>(action: Action, work: () => { readonly isChanged: boolean; readonly result: TResult }): TResult {
      try {
        return transaction(() => {
          checkAgain();
          const { isChanged, result } = work();
          if (isChanged) log.add({ ...action, actor, device });
          return result;
        });
      } catch (error) {
        recordFailure(action, error);
        throw error;
      }
    },
  };
}

export type AuditedChange = ReturnType<typeof createAuditedChange>;
