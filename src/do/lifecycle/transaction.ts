import { TRPCError } from "@trpc/server";

/**
 * Creates `ctx.transaction`, which runs synchronous work atomically. It rejects async functions, because the transaction
 * would commit at their first `await` and the rest would run outside of it.
 */
export function createTransaction(storage: DurableObjectStorage) {
  return <TResult>(work: () => TResult): TResult =>
    storage.transactionSync(() => runSynchronously("ctx.transaction", work));
}

/**
 * Runs work in a transaction.
 *
 * @param name the name of the function that the app called
 * @throws TRPCError INTERNAL_SERVER_ERROR if the work is an async function
 */
export function runSynchronously<TResult>(name: string, work: () => TResult): TResult {
  const result = work();
  if (typeof result !== "object" || result === null || !("then" in result)) return result;
  throw new TRPCError({
    code: "INTERNAL_SERVER_ERROR",
    message:
      `\`${name}\` was called with an async function, but transactions are synchronous. Await other work first, and only write ` +
      "inside the transaction.",
  });
}
