import { ReasonedError } from "../../router/reasoned-error.js";
import type { Kv, KvEntry, KvListOptions, KvSetOptions, KvWatched } from "../../router/kv/kv-api.js";
import { keyProblem, prefixProblem } from "../../router/kv/kv-key.js";
import type { KvSchemas } from "../../router/kv/kv-schemas.js";
import type { Page } from "../../shared/page.js";
import type { RowFilter } from "../change-log/row-filter.js";
import { countFitting } from "../tables/query/page-bytes.js";
import { prefixRange } from "../tables/query/prefix-range.js";
import { recordPrefix, recordRow } from "../tables/reads/record-rows.js";
import type { KvStore } from "./kv-store.js";
import { KV_TABLE } from "./kv-table.js";
import { encodeComputed, encodeValue, toKvEntry } from "./kv-value.js";

export interface CreateKvOptions {
  readonly store: KvStore;
  readonly schemas: KvSchemas;
  /** Called after each write that changed an entry, with its expiry in milliseconds. The write can still be rolled back. */
  readonly onWrite: (expiresAt?: number) => void;
  readonly transactionSync: <TResult>(work: () => TResult) => TResult;
  /**
   * Most bytes of the values of a page together.
   * @default 4194304 (4 MiB)
   */
  readonly pageBytes?: number;
  readonly changes: (rows: RowFilter, options: { readonly signal?: AbortSignal | undefined }) => AsyncIterable<unknown>;
}

const PAGE_ENTRIES = 1_000;
/** 100 years, in seconds. The platform does not accept alarms that are much later. */
const MAX_TTL_SECONDS = 100 * 365.25 * 24 * 60 * 60;

/** Creates `ctx.kv` for one call. */
export function createKv({ store, schemas, onWrite, transactionSync, pageBytes, changes }: CreateKvOptions): Kv {
  function checkVersion(key: string, ifVersion: number | undefined, now: number): void {
    if (ifVersion === undefined) return;
    if (!Number.isSafeInteger(ifVersion) || ifVersion < 0)
      throw badOption(
        "`ifVersion` is not a version. Use the `version` of an entry, or 0 for a key that does not exist.",
      );
    const version = store.versionOf(key, now);
    if (version === ifVersion) return;
    throw new ReasonedError({
      code: "CONFLICT",
      reason: "VERSION_CONFLICT",
      message:
        version === 0
          ? "The key does not exist anymore. Reload it and try again."
          : "The key was changed in the meantime. Reload it and try again.",
    });
  }

  /** Writes an entry, and sets the alarm for its expiry, in one transaction. */
  const write = (key: string, text: string, expiresAt: number | undefined, now: number): number =>
    transactionSync(() => {
      const version = store.write(key, text, expiresAt, now);
      onWrite(expiresAt);
      return version;
    });

  const kv = {
    get: (key: unknown) => kv.getEntry(key)?.value,

    getEntry(key: unknown) {
      const name = checkKey(key);
      const entry = recordRow(KV_TABLE, name, () => store.read(name, Date.now()));
      return entry && toKvEntry(entry);
    },

    set(key: unknown, value: unknown, { ttl, ifVersion }: KvSetOptions = {}) {
      const name = checkKey(key);
      const now = Date.now();
      const expiresAt = ttl === undefined ? undefined : now + checkTtl(ttl) * 1000;
      const text = encodeValue(schemas, name, value);
      checkVersion(name, ifVersion, now);
      return { version: write(name, text, expiresAt === undefined ? undefined : Math.ceil(expiresAt), now) };
    },

    delete(key: unknown, { ifVersion }: Pick<KvSetOptions, "ifVersion"> = {}) {
      const name = checkKey(key);
      const now = Date.now();
      checkVersion(name, ifVersion, now);
      const existed = store.delete(name, now);
      if (existed) onWrite();
      return existed;
    },

    list({ prefix = "", cursor: after = null, limit = 100 }: KvListOptions = {}): Page<KvEntry> {
      checkPrefix(prefix);
      if (after !== null) checkCursor(after);
      if (!Number.isSafeInteger(limit) || limit < 1 || limit > PAGE_ENTRIES) {
        throw badOption(`\`limit\` is not valid. Use a whole number from 1 to ${PAGE_ENTRIES}.`);
      }
      const now = Date.now();
      const range = { ...prefixRange(prefix), after };
      return recordPrefix(KV_TABLE, prefix, () => {
        const found = store.sizes(range, now, limit + 1);
        const count = countFitting(
          found.slice(0, limit).map(({ bytes }) => bytes),
          pageBytes,
        );
        const items = store.readRange(range, now, count).map(toKvEntry);
        return { items, nextCursor: count < found.length ? (items.at(-1)?.key ?? null) : null };
      });
    },

    increment(key: unknown, by: unknown = 1) {
      const name = checkKey(key);
      if (typeof by !== "number" || !Number.isFinite(by))
        throw badOption("The increment is not a finite number. Use a number.");
      const now = Date.now();
      const entry = store.read(name, now);
      const before = entry ? toKvEntry(entry).value : 0;
      if (typeof before !== "number") {
        throw new ReasonedError({
          code: "BAD_REQUEST",
          reason: "KEY_NOT_NUMERIC",
          message: "The value of the key is not a number. Set the key to a number before you increment it.",
        });
      }
      const sum = before + by;
      write(name, encodeComputed(schemas, name, sum), entry?.expiresAt, now);
      return sum;
    },

    watch: (watched: KvWatched, options: { readonly signal?: AbortSignal | undefined } = {}) =>
      changes("key" in watched ? { id: checkKey(watched.key) } : { prefix: checkPrefix(watched.prefix) }, options),
  };
  // The public types follow the schema of each key. Here keys and values are still what a caller sent.
  return kv as Kv;
}

function checkKey(key: unknown): string {
  const problem = keyProblem(key);
  if (problem !== undefined)
    throw new ReasonedError({ code: "BAD_REQUEST", reason: "KEY_INVALID", message: `A key ${problem}` });
  return key as string;
}

function checkPrefix(prefix: unknown): string {
  const problem = prefixProblem(prefix);
  if (problem !== undefined)
    throw new ReasonedError({ code: "BAD_REQUEST", reason: "KEY_INVALID", message: `A key ${problem}` });
  return prefix as string;
}

function checkCursor(cursor: unknown): void {
  if (prefixProblem(cursor) === undefined) return;
  const message = "The cursor is not valid. Use the `nextCursor` of the previous page.";
  throw new ReasonedError({ code: "BAD_REQUEST", reason: "CURSOR_INVALID", message });
}

function badOption(message: string): ReasonedError {
  return new ReasonedError({ code: "BAD_REQUEST", reason: "INPUT_INVALID", message });
}

function checkTtl(ttl: unknown): number {
  if (typeof ttl === "number" && ttl > 0 && ttl <= MAX_TTL_SECONDS) return ttl;
  throw badOption("`ttl` is not valid. Use a number of seconds above 0 and of at most 100 years.");
}
