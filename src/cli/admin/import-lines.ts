import { createReadStream } from "node:fs";
import superjson from "superjson";
import { CommandFailure } from "./command-failure.js";
import type { ImportCounts, RefusedLine } from "./import-progress.js";

/** Some lines of the file, as they are sent. */
export interface Batch {
  readonly records: { readonly line: number; readonly record: unknown }[];
  readonly refused: RefusedLine[];
  /** The account that the first records belong to, if it was in an earlier batch. */
  readonly account: string | undefined;
}

/** The server accepts 500 records, and 1 MiB. */
const MAX_RECORDS = 200;
const MAX_BYTES = 400_000;
const MAX_LINE_BYTES = 900_000;
/** The most characters without a line break. */
const MAX_BUFFERED = 2 ** 24;

/**
 * Reads a JSON Lines file in batches. A line is plain JSON, or the text of superjson, which keeps dates and bytes.
 *
 * @param state where an earlier run stopped. The reader keeps its `line` and `account` current
 * @throws CommandFailure if the file cannot be read
 */
export async function* readBatches(file: string, state: ImportCounts): AsyncGenerator<Batch, void> {
  const done = state.line;
  let batch = createBatch(state.account);
  let bytes = 0;
  let line = 0;
  for await (const { text, isComplete } of readLines(file)) {
    line++;
    if (line <= done) continue;
    const size = Buffer.byteLength(text);
    if (batch.records.length >= MAX_RECORDS || (bytes > 0 && bytes + size > MAX_BYTES)) {
      yield batch;
      batch = createBatch(state.account);
      bytes = 0;
    }
    state.line = line;
    if (text.trim() === "") continue;
    if (size > MAX_LINE_BYTES) {
      const message = `The line has more than ${MAX_LINE_BYTES} bytes. Split the record.`;
      batch.refused.push({ line, reason: "VALUE_TOO_LARGE", message });
      continue;
    }
    try {
      const record = parseLine(text);
      batch.records.push({ line, record });
      bytes += size;
      state.account = accountIn(record) ?? state.account;
    } catch {
      const problem = isComplete ? "is not JSON" : "ends in the middle, so the file may be incomplete";
      batch.refused.push({ line, reason: "RECORD_INVALID", message: `The line ${problem}.` });
    }
  }
  if (batch.records.length > 0 || batch.refused.length > 0) yield batch;
}

function createBatch(account: string | undefined): Batch {
  return { records: [], refused: [], account };
}

/** Reads lines. The last one is not complete if the file does not end with a line break. */
async function* readLines(file: string): AsyncGenerator<{ readonly text: string; readonly isComplete: boolean }> {
  let rest = "";
  try {
    for await (const chunk of createReadStream(file, "utf8")) {
      const lines = `${rest}${String(chunk)}`.split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > MAX_BUFFERED)
        throw new Error("A line has more than 16 MiB, so this may not be a JSON Lines file.");
      for (const text of lines) yield { text, isComplete: true };
    }
  } catch (error) {
    throw new CommandFailure(`${file} could not be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (rest !== "") yield { text: rest, isComplete: false };
}

function parseLine(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return isSuperjson(value) ? superjson.deserialize(value) : value;
}

function isSuperjson(value: unknown): value is Parameters<typeof superjson.deserialize>[0] {
  if (typeof value !== "object" || value === null || !("json" in value)) return false;
  return Object.keys(value).every((key) => key === "json" || key === "meta");
}

/** The address in a record of the type `account`. */
function accountIn(record: unknown): string | undefined {
  const { type, data } = (record ?? {}) as {
    readonly type?: unknown;
    readonly data?: { readonly email?: unknown } | null;
  };
  return type === "account" && typeof data?.email === "string" ? data.email : undefined;
}
