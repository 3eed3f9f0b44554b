import { TRPCError } from "@trpc/server";

/**
 * `ctx.transaction`: synchronous work, all or nothing. An async callback is refused, because the transaction
 * would commit at its first `await` and run the rest outside, silently.
 */
export function createTransaction(storage: DurableObjectStorage) {
  return <TResult>(work: () => TResult): TResult =>
    storage.transactionSync(() => {
      const result = work();
      if (typeof result === "object" && result !== null && "then" in result) {
        throw new TRPCError({
          code: "INTERNAL_SERVER_ERROR",
          message: "ctx.transaction takes a synchronous function: await what it needs before, then write inside it.",
        });
      }
      return result;
    });
}
