/** What reads and nothing else: one statement. Anything that looks otherwise is taken for a write, which costs a look. */
const READS = /^\s*SELECT\b[^;]*;?\s*$/i;

/** The original `exec` of a storage that is watched. Shared by all copies of this package in an isolate. */
const ORIGINAL = Symbol.for("trpc-userdo.original-exec");

type Exec = SqlStorage["exec"] & { readonly [ORIGINAL]?: SqlStorage["exec"] };

/**
 * Calls `onWrite` after each turn in which something may have been written to an object's storage, by whomever: the
 * methods of the app's own class have the storage too, and the platform tells nobody what they do with it. So the one
 * way to it, `exec`, is watched where everybody finds it.
 *
 * A later watcher of the same storage replaces this one. A development server constructs a new instance of an object on
 * the same storage after each edit of the code.
 */
export function watchWrites(sql: SqlStorage, onWrite: () => void): { flush(): void } {
  const current: Exec = sql.exec;
  const exec = current[ORIGINAL] ?? current.bind(sql);
  let pending = false;

  /** At once, for whoever cannot wait for the end of the turn. Nothing, where nothing was written. */
  function settle(): void {
    if (!pending) return;
    pending = false;
    onWrite();
  }

  const watched = (text: string, ...values: never[]) => {
    if (!pending && !READS.test(text)) {
      pending = true;
      // A microtask never runs inside transactionSync, so what it sees is committed.
      queueMicrotask(settle);
    }
    return exec(text, ...values);
  };
  Object.defineProperty(sql, "exec", { configurable: true, value: Object.assign(watched, { [ORIGINAL]: exec }) });
  return { flush: settle };
}
