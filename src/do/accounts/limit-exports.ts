import { ReasonedError } from "../../router/reasoned-error.js";

/** Most exports that one object runs at a time: each keeps a page of its records in memory while its client reads. */
const MAX_EXPORTS = 4;

/** Counts the exports of one object that run. */
export function createExportLimit() {
  let running = 0;

  /**
   * Passes the records of one export on. It counts from the first record until it ends or is left.
   *
   * @throws TRPCError TOO_MANY_REQUESTS if too many exports run
   */
  return async function* limitExport<TRecord>(records: AsyncIterable<TRecord>): AsyncGenerator<TRecord, void> {
    if (running >= MAX_EXPORTS) throw tooManyExports();
    running++;
    try {
      yield* records;
    } finally {
      running--;
    }
  };
}

function tooManyExports(): ReasonedError {
  return new ReasonedError({
    code: "TOO_MANY_REQUESTS",
    message: `${MAX_EXPORTS} exports of this account are already running. Wait until one of them has finished.`,
    reason: "OBJECT_OVERLOADED",
  });
}
