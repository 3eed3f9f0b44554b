import { TRPCError } from "@trpc/server";
import { reasonOf } from "../../router/reasoned-error.js";
import type { AuditActor, AuditTarget } from "../../shared/audited-action.js";
import type { NewAction } from "../audit/action-log.js";

export interface AuditRefusalsOptions {
  readonly actor: () => AuditActor;
  /** Records an action after the current transaction, which the error rolls back. */
  readonly recordLater: (action: NewAction) => void;
}

/** Records actions of members that are refused, in the audit log of the organization. */
export function createAuditRefusals({ actor, recordLater }: AuditRefusalsOptions) {
  function record(action: string, target: AuditTarget | undefined, error: unknown): void {
    const failure = reasonOf(error);
    if (!(error instanceof TRPCError) || failure === undefined) return;
    recordLater({ actor: actor(), action, target, outcome: error.code === "FORBIDDEN" ? "denied" : "failed", failure });
  }

  return {
    record,

    /** Wraps a function that performs an action. */
    wrap<TArguments extends unknown[], TResult>(
      action: string,
      targetOf: (first: TArguments[0]) => AuditTarget | undefined,
      run: (...args: TArguments) => TResult,
    ): (...args: TArguments) => TResult {
      return (...args) => {
        const refuse = (error: unknown): never => {
          record(action, targetOf(args[0]), error);
          throw error;
        };
        try {
          const result = run(...args);
          return result instanceof Promise ? (result.catch(refuse) as TResult) : result;
        } catch (error) {
          return refuse(error);
        }
      };
    },
  };
}
