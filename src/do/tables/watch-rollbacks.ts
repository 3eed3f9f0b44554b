/** The original method of a watched storage. The symbol is shared by all copies of this package in an isolate. */
const ORIGINAL = Symbol.for("trpc-userdo.original-transaction-sync");

type TransactionSync = DurableObjectStorage["transactionSync"] & {
  readonly [ORIGINAL]?: DurableObjectStorage["transactionSync"];
};

/**
 * Calls back when a transaction is rolled back, for what is in memory until the commit. The methods of the app's class use the
 * storage directly, so its `transactionSync` is replaced. A later watcher of the same storage replaces this one.
 *
 * @param onBegin called at the start of each transaction. It returns the function that undoes the transaction
 */
export function watchRollbacks(storage: DurableObjectStorage, onBegin: () => () => void): void {
  const current: TransactionSync = storage.transactionSync;
  const transactionSync = current[ORIGINAL] ?? current.bind(storage);
  const watched = <TResult>(work: () => TResult): TResult => {
    const undo = onBegin();
    try {
      return transactionSync(work);
    } catch (error) {
      undo();
      throw error;
    }
  };
  const value = Object.assign(watched, { [ORIGINAL]: transactionSync });
  Object.defineProperty(storage, "transactionSync", { configurable: true, value });
}
