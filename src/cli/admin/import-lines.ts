import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import superjson from "superjson";
import { canonicalEmail } from "../../shared/email-address.js";
import { checkWireValue } from "../../shared/wire-guard/wire-guard.js";
import { WireError } from "../../shared/wire-guard/wire-error.js";
import { CommandFailure } from "./command-failure.js";
import type { ImportCounts, RefusedLine } from "./import-progress.js";

/** Some lines of the file, as they are sent. */
export interface Batch {
  readonly records: { readonly line: number; readonly record: unknown }[];
  readonly refused: RefusedLine[];
  /** The account that the first records belong to, if it was in an earlier batch. */
  readonly account: string | undefined;
}

/** The server accepts 500 records, 1 MiB and 100,000 values, of which each has at least two bytes. */
const MAX_RECORDS = 200;
const MAX_BYTES = 190_000;
const MAX_LINE_BYTES = 900_000;
/** The most bytes without a line break. */
const MAX_BUFFERED = 2 ** 24;
const LINE_BREAK = 0x0a;

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
  for await (const { bytes: read, isComplete } of readLines(file)) {
    line++;
    if (line <= done) continue;
    const size = read.length;
    if (batch.records.length >= MAX_RECORDS || (bytes > 0 && bytes + size > MAX_BYTES)) {
      yield batch;
      batch = createBatch(state.account);
      bytes = 0;
    }
    state.line = line;
    const text = (line === 1 ? read.toString().replace(/^\uFEFF/, "") : read.toString()).trim();
    if (text === "") continue;
    const record = problemOf(read) ?? parseLine(text, isComplete);
    if (record instanceof LineProblem) {
      batch.refused.push({ line, reason: record.reason, message: record.message });
      // The line can be an account, so the records after it must not go to the account before it.
      state.account = undefined;
      if (batch.records.length === 0) batch = { ...batch, account: undefined };
      else {
        yield batch;
        batch = createBatch(undefined);
        bytes = 0;
      }
      continue;
    }
    if (isOfRefused(record, state)) {
      const message =
        "The organization of this id in the file was refused, because it has another owner. Use another id.";
      batch.refused.push({ line, reason: "ALREADY_MEMBER", message });
      continue;
    }
    batch.records.push({ line, record });
    bytes += size;
    if (isAccount(record)) state.account = addressIn(record);
  }
  if (batch.records.length > 0 || batch.refused.length > 0) yield batch;
}

function createBatch(account: string | undefined): Batch {
  return { records: [], refused: [], account };
}

/** Reads lines. The last one is not complete if the file does not end with a line break. */
async function* readLines(file: string): AsyncGenerator<{ readonly bytes: Buffer; readonly isComplete: boolean }> {
  let rest = Buffer.alloc(0);
  try {
    for await (const chunk of createReadStream(file)) {
      rest = Buffer.concat([rest, chunk as Buffer]);
      for (let end = rest.indexOf(LINE_BREAK); end >= 0; end = rest.indexOf(LINE_BREAK)) {
        yield { bytes: rest.subarray(0, end), isComplete: true };
        rest = rest.subarray(end + 1);
      }
      if (rest.length > MAX_BUFFERED)
        throw new Error("A line has more than 16 MiB, so this may not be a JSON Lines file.");
    }
  } catch (error) {
    throw new CommandFailure(`${file} could not be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (rest.length > 0) yield { bytes: rest, isComplete: false };
}

/** Why a line cannot be sent. */
class LineProblem {
  readonly reason: "RECORD_INVALID" | "VALUE_TOO_LARGE";
  readonly message: string;

  constructor(message: string, reason: LineProblem["reason"] = "RECORD_INVALID") {
    this.message = message;
    this.reason = reason;
  }
}

function problemOf(bytes: Buffer): LineProblem | undefined {
  if (bytes.length > MAX_LINE_BYTES)
    return new LineProblem(`The line has more than ${MAX_LINE_BYTES} bytes. Split the record.`, "VALUE_TOO_LARGE");
  if (!isUtf8(bytes)) return new LineProblem("The line is not UTF-8. Convert the file.");
  return undefined;
}

/** Returns the record of a line, if the app accepts it as a part of an input. Otherwise it would refuse the whole batch. */
function parseLine(text: string, isComplete: boolean): unknown {
  try {
    const value: unknown = JSON.parse(text);
    const record = isSuperjson(value) ? superjson.deserialize(value) : value;
    checkWireValue(superjson.serialize({ records: [record] }));
    return record;
  } catch (error) {
    if (error instanceof WireError) return new LineProblem(error.message);
    if (!(error instanceof SyntaxError)) return new LineProblem("The line has a key or a value that cannot be sent.");
    const problem = isComplete ? "is not JSON" : "ends in the middle, so the file may be incomplete";
    return new LineProblem(`The line ${problem}.`);
  }
}

function isSuperjson(value: unknown): value is Parameters<typeof superjson.deserialize>[0] {
  if (typeof value !== "object" || value === null || !("json" in value)) return false;
  return Object.keys(value).every((key) => key === "json" || key === "meta");
}

interface AnyRecord {
  readonly type?: unknown;
  readonly organization?: unknown;
  readonly data?: { readonly email?: unknown } | null;
}

const fieldsOf = (record: unknown): AnyRecord => (record ?? {}) as AnyRecord;

const isAccount = (record: unknown): boolean => fieldsOf(record).type === "account";

/** The address of an account; `undefined` if it is not valid, and the app refuses the record. */
function addressIn(record: unknown): string | undefined {
  const email = fieldsOf(record).data?.email;
  return typeof email === "string" ? canonicalEmail(email) : undefined;
}

/** Whether a record belongs to an organization of the file that was refused. Its id is then that of another organization. */
function isOfRefused(record: unknown, { refusedOrganizations = [] }: ImportCounts): boolean {
  const { organization } = fieldsOf(record);
  return typeof organization === "string" && refusedOrganizations.includes(organization);
}
