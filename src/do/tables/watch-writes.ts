/** Matches a single SELECT. Every other statement counts as a write, which at worst causes a useless check. */
const SELECT = /^\s*SELECT\b[^;]*;?\s*$/i;

/** The original `exec` of a watched storage. The symbol is shared by all copies of this package in an isolate. */
const ORIGINAL = Symbol.for("trpc-userdo.original-exec");

type Exec = SqlStorage["exec"] & { readonly [ORIGINAL]?: SqlStorage["exec"] };

/**
 * Calls `onWrite` after each turn in which something may have been written to an object's storage. The methods of the
 * app's class use the storage directly, and the platform does not report their writes, so `exec` of the storage itself
 * is replaced.
 *
 * A later watcher of the same storage replaces this one. A development server constructs a new instance of an object on
 * the same storage after each edit of the code.
 *
 * @returns `flush` calls `onWrite` immediately, if something was written. `beforeNextWrite` calls back once, before the next
 *   statement that may write. `prepareWrite` has the effects of such a statement, for something that is delivered and not stored
 */
export function watchWrites(
  sql: SqlStorage,
  onWrite: () => void,
): { flush(): void; beforeNextWrite(callback: () => void): void; prepareWrite(): void } {
  const current: Exec = sql.exec;
  const exec = current[ORIGINAL] ?? current.bind(sql);
  let isPending = false;
  let callbacks: readonly (() => void)[] = [];

  function prepareWrite(): void {
    // A callback may register another one for the same write.
    while (callbacks.length > 0) {
      const waiting = callbacks;
      callbacks = [];
      for (const callback of waiting) callback();
    }
    if (isPending) return;
    isPending = true;
    // A microtask never runs inside transactionSync, so it sees only committed data.
    queueMicrotask(flush);
  }

  function flush(): void {
    if (!isPending) return;
    isPending = false;
    onWrite();
  }

  const watchedExec = (text: string, ...values: never[]) => {
    if ((!isPending || callbacks.length > 0) && !SELECT.test(text)) prepareWrite();
    return exec(text, ...values);
  };
  Object.defineProperty(sql, "exec", { configurable: true, value: Object.assign(watchedExec, { [ORIGINAL]: exec }) });
  return { flush, beforeNextWrite: (callback) => void (callbacks = [...callbacks, callback]), prepareWrite };
}
