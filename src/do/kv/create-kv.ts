import { TRPCError } from "@trpc/server";
import type { Kv, KvListOptions, KvPage, KvSetOptions, KvWatched } from "../../router/kv/kv-api.js";
import { keyProblem, prefixProblem } from "../../router/kv/kv-key.js";
import type { KvSchemas } from "../../router/kv/kv-schemas.js";
import type { RowFilter } from "../change-log/row-filter.js";
import { badRequest } from "../tables/bad-request.js";
import { countFitting } from "../tables/query/page-bytes.js";
import { prefixRange } from "../tables/query/prefix-range.js";
import { recordPrefix, recordRow } from "../tables/reads/record-rows.js";
import type { KvStore } from "./kv-store.js";
import { KV_TABLE } from "./kv-table.js";
import { encodeComputed, encodeValue, toKvEntry } from "./kv-value.js";

export interface CreateKvOptions {
  readonly store: KvStore;
  readonly schemas: KvSchemas;
  /** Called after each write that changed something, with what may be due by it. It may be rolled back yet. */
  readonly onWrite: (expiresAt?: number) => void;
  readonly transactionSync: <TResult>(work: () => TResult) => TResult;
  /**
   * How many bytes the values of a page take together at most.
   * @default 4194304 (4 MiB)
   */
  readonly pageBytes?: number;
  readonly changes: (rows: RowFilter, options: { readonly signal?: AbortSignal | undefined }) => AsyncIterable<unknown>;
}

const PAGE_ENTRIES = 1_000;
/** A hundred years, in seconds: an alarm far beyond that is none. */
const LONGEST = 100 * 365.25 * 24 * 60 * 60;

/** An owner's keys and values, as one call sees them. */
export function createKv({ store, schemas, onWrite, transactionSync, pageBytes, changes }: CreateKvOptions): Kv {
  function checkVersion(key: string, ifVersion: number | undefined, now: number): void {
    if (ifVersion === undefined) return;
    if (!Number.isSafeInteger(ifVersion) || ifVersion < 0) throw badRequest("ifVersion takes the version of an entry.");
    const version = store.versionOf(key, now);
    if (version === ifVersion) return;
    throw new TRPCError({
      code: "CONFLICT",
      message:
        version === 0
          ? "The key is not there. Read it again, and decide anew."
          : "The key has been written since. Read it again, and decide anew.",
    });
  }

  /** One transaction, with what is due by the write. */
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
      const gone = store.remove(name, now);
      if (gone) onWrite();
      return gone;
    },

    list({ prefix = "", after = null, limit = 100 }: KvListOptions = {}): KvPage {
      checkPrefix(prefix);
      if (after !== null) checkPrefix(after);
      if (!Number.isSafeInteger(limit) || limit < 1 || limit > PAGE_ENTRIES) {
        throw badRequest(`limit takes a whole number from 1 to ${PAGE_ENTRIES}.`);
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
      if (typeof by !== "number" || !Number.isFinite(by)) throw badRequest("increment adds a finite number.");
      const now = Date.now();
      const entry = store.read(name, now);
      const before = entry ? toKvEntry(entry).value : 0;
      if (typeof before !== "number") throw badRequest("The key holds no number to add to.");
      const sum = before + by;
      write(name, encodeComputed(schemas, name, sum), entry?.expiresAt, now);
      return sum;
    },

    watch: (watched: KvWatched, options: { readonly signal?: AbortSignal | undefined } = {}) =>
      changes("key" in watched ? { id: checkKey(watched.key) } : { prefix: checkPrefix(watched.prefix) }, options),
  };
  // The types say of each key what its schema does; here a key and a value are what a caller sent.
  return kv as Kv;
}

function checkKey(key: unknown): string {
  const problem = keyProblem(key);
  if (problem !== undefined) throw badRequest(`A key ${problem}`);
  return key as string;
}

function checkPrefix(prefix: unknown): string {
  const problem = prefixProblem(prefix);
  if (problem !== undefined) throw badRequest(`A key ${problem}`);
  return prefix as string;
}

function checkTtl(ttl: unknown): number {
  if (typeof ttl === "number" && ttl > 0 && ttl <= LONGEST) return ttl;
  throw badRequest("ttl takes seconds, more than 0 and at most a hundred years.");
}
