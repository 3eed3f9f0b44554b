import type { TrackedEnvelope } from "@trpc/server";
import type { z } from "zod";
import type { KvChange } from "../../shared/kv-change.js";
import type { Page } from "../../shared/page.js";
import type { KvSchemas } from "./kv-schemas.js";

/** A key: one that the app declares, or any other text. */
export type KvKey<TSchemas extends KvSchemas> = (keyof TSchemas & string) | (string & Record<never, never>);

/** The value of a key: the output of its schema, or `unknown` for a key that is not declared. */
export type KvValue<TSchemas extends KvSchemas, TKey extends string> = TKey extends keyof TSchemas
  ? z.output<TSchemas[TKey]>
  : unknown;

/** The value that `set` accepts: the input of the key's schema, or anything. */
export type KvInput<TSchemas extends KvSchemas, TKey extends string> = TKey extends keyof TSchemas
  ? z.input<TSchemas[TKey]>
  : unknown;

/** A key with its value, version and times. */
export interface KvEntry<TValue = unknown> {
  readonly key: string;
  readonly value: TValue;
  /** Changes with every write, and is never reused. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** When the key expires; `undefined` if it does not. */
  readonly expiresAt: Date | undefined;
}

export interface KvSetOptions {
  /**
   * The lifetime of the key, in seconds.
   * @default the key does not expire, even if it would have before
   */
  readonly ttl?: number | undefined;
  /**
   * The version that the key must have; 0 if it must not exist.
   * @default writes any version
   */
  readonly ifVersion?: number | undefined;
}

export interface KvListOptions {
  /**
   * Lists only keys that begin with this text.
   * @default lists all keys
   */
  readonly prefix?: string | undefined;
  /**
   * The `nextCursor` of the previous page.
   * @default the first page
   */
  readonly cursor?: string | null | undefined;
  /**
   * The maximum number of entries, from 1 to 1,000. A page of large values ends at 4 MiB.
   * @default 100
   */
  readonly limit?: number | undefined;
}

/** The keys to watch: one key, or all keys with a prefix. */
export type KvWatched = { readonly key: string } | { readonly prefix: string };

/** The changes of keys, for a `.subscription`. */
export type KvChanges<TValue> = AsyncIterable<TrackedEnvelope<KvChange<TValue>>, void>;

/**
 * The keys and values of an owner. All methods except `watch` are synchronous, and each call is atomic. Expired keys are treated
 * as missing.
 *
 * @see docs/kv.md for the allowed keys and values
 */
export interface Kv<TSchemas extends KvSchemas = KvSchemas> {
  /** Returns the value of a key; `undefined` if it does not exist. @throws TRPCError BAD_REQUEST for an invalid key */
  get<TKey extends KvKey<TSchemas>>(key: TKey): KvValue<TSchemas, TKey> | undefined;
  /** Returns the entry of a key; `undefined` if it does not exist. @throws TRPCError as `get` */
  getEntry<TKey extends KvKey<TSchemas>>(key: TKey): KvEntry<KvValue<TSchemas, TKey>> | undefined;
  /**
   * Stores a value under a key, and returns its version.
   *
   * @throws TRPCError BAD_REQUEST for an invalid key, or a value that cannot be stored or does not match the key's schema (with
   * the ZodError as the cause); PAYLOAD_TOO_LARGE for a value above 1 MiB; CONFLICT if `ifVersion` is not the key's version
   * @example
   * ```ts
   * ctx.kv.set("preferences", { theme: "dark" });
   * ctx.kv.set("draft", text, { ttl: 24 * 60 * 60 });
   * ```
   */
  set<TKey extends KvKey<TSchemas>>(
    key: TKey,
    value: KvInput<TSchemas, TKey>,
    options?: KvSetOptions,
  ): { readonly version: number };
  /** Deletes a key. Returns whether it existed. @throws TRPCError BAD_REQUEST, CONFLICT as `set` */
  delete(key: KvKey<TSchemas>, options?: Pick<KvSetOptions, "ifVersion">): boolean;
  /**
   * Returns a page of entries, sorted by the UTF-8 bytes of their keys.
   *
   * @throws TRPCError BAD_REQUEST for an invalid prefix, cursor or limit
   * @example
   * ```ts
   * const { items, nextCursor } = ctx.kv.list({ prefix: "draft:", limit: 20 });
   * ```
   */
  list(options?: KvListOptions): Page<KvEntry>;
  /**
   * Adds to a number, and returns the sum. A missing key counts as 0. The key keeps its expiry.
   *
   * @param by defaults to 1
   * @throws TRPCError BAD_REQUEST if the value is not a number, or the sum does not match the key's schema
   */
  increment(key: KvKey<TSchemas>, by?: number): number;
  /**
   * Yields the changes of one key, or of all keys with a prefix, as they are committed, for a `.subscription`. A client that
   * reconnects first receives the changes since its last event.
   *
   * @throws TRPCError BAD_REQUEST for an invalid key or prefix
   * @see docs/subscriptions.md
   * @example
   * ```ts
   * theme: t.userProcedure.subscription(({ ctx, signal }) => ctx.kv.watch({ key: "preferences" }, { signal })),
   * ```
   */
  watch<TKey extends KvKey<TSchemas>>(
    watched: { readonly key: TKey },
    options?: { readonly signal?: AbortSignal | undefined },
  ): KvChanges<KvValue<TSchemas, TKey>>;
  watch(watched: KvWatched, options?: { readonly signal?: AbortSignal | undefined }): KvChanges<unknown>;
}
