/** What reads and nothing else: one statement. Anything that looks otherwise is taken for a write, which costs a look. */
const READS = /^\s*SELECT\b[^;]*;?\s*$/i;

/**
 * Calls `onWrite` after each turn in which something may have been written to an object's storage, by whomever: the
 * methods of the app's own class have the storage too, and the platform tells nobody what they do with it. So the one
 * way to it, `exec`, is watched where everybody finds it.
 */
export function watchWrites(sql: SqlStorage, onWrite: () => void): { settle(): void } {
  const exec: SqlStorage["exec"] = sql.exec.bind(sql);
  let pending = false;

  /** At once, for whoever cannot wait for the end of the turn. Nothing, where nothing was written. */
  function settle(): void {
    if (!pending) return;
    pending = false;
    onWrite();
  }

  Object.defineProperty(sql, "exec", {
    configurable: true,
    value(text: string, ...values: never[]) {
      if (!pending && !READS.test(text)) {
        pending = true;
        // A microtask never runs inside transactionSync, so what it sees is committed.
        queueMicrotask(settle);
      }
      return exec(text, ...values);
    },
  });
  return { settle };
}
