import { ReasonedError } from "../../router/reasoned-error.js";

/** Limit of concurrent exports of one object. Each has a page of records in memory while its client reads. */
const MAX_EXPORTS = 4;

/** Limits the concurrent exports of one object. */
export function createExportLimit() {
  let running = 0;

  /**
   * Yields the records of one export. The export counts from its first record until it ends or is aborted.
   *
   * @throws TRPCError TOO_MANY_REQUESTS (OBJECT_OVERLOADED) when too many exports are running
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
