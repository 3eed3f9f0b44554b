import type { TrackedEnvelope } from "@trpc/server";
import type { z } from "zod";
import type { KvChange } from "../../shared/kv-change.js";
import type { KvSchemas } from "./kv-schemas.js";

/** A key: one that the app declared, or any other text. */
export type KvKey<TSchemas extends KvSchemas> = (keyof TSchemas & string) | (string & Record<never, never>);

/** What a key holds: what its schema puts out, or anything. */
export type KvValue<TSchemas extends KvSchemas, TKey extends string> = TKey extends keyof TSchemas
  ? z.output<TSchemas[TKey]>
  : unknown;

/** What a key takes. */
export type KvInput<TSchemas extends KvSchemas, TKey extends string> = TKey extends keyof TSchemas
  ? z.input<TSchemas[TKey]>
  : unknown;

/** A key, its value, and what is known of them. */
export interface KvEntry<TValue = unknown> {
  readonly key: string;
  readonly value: TValue;
  /** Changes with every write, and never comes again. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** When the key will be gone; `undefined` for one that stays. */
  readonly expiresAt: Date | undefined;
}

export interface KvSetOptions {
  /**
   * How long the key stays, in seconds.
   * @default for good, also when it had an end before
   */
  readonly ttl?: number | undefined;
  /**
   * Writes only if the key's version is still this one; 0 for a key that is not there.
   * @default writes whatever is there
   */
  readonly ifVersion?: number | undefined;
}

export interface KvListOptions {
  /**
   * Only keys that begin so.
   * @default all
   */
  readonly prefix?: string | undefined;
  /**
   * Where the page begins: `nextCursor` of the one before, or any key, which is left out itself.
   * @default the first page
   */
  readonly after?: string | null | undefined;
  /**
   * How many, 1 to 1,000. A page of large values ends earlier: at 4 MiB.
   * @default 100
   */
  readonly limit?: number | undefined;
}

/** Some entries, by key, in the order of the keys' bytes. */
export interface KvPage {
  readonly items: KvEntry[];
  /** What to pass as `after` for the next page; `null` when this is the last one. */
  readonly nextCursor: string | null;
}

/** Which keys are watched. */
export type KvWatched = { readonly key: string } | { readonly prefix: string };

/** The changes of keys, for a `.subscription`. */
export type KvChanges<TValue> = AsyncIterable<TrackedEnvelope<KvChange<TValue>>, void>;

/**
 * An owner's keys and values. All of it but `watch` is synchronous, and each call is atomic. What has expired is not
 * there. See docs/kv.md for what keys and values may be.
 */
export interface Kv<TSchemas extends KvSchemas = KvSchemas> {
  /** What a key holds; `undefined` for one that is not there. @throws TRPCError BAD_REQUEST for what is no key */
  get<TKey extends KvKey<TSchemas>>(key: TKey): KvValue<TSchemas, TKey> | undefined;
  /** The same with the key's version and times. @throws TRPCError as `get` */
  getEntry<TKey extends KvKey<TSchemas>>(key: TKey): KvEntry<KvValue<TSchemas, TKey>> | undefined;
  /**
   * Stores a value under a key, and answers its version.
   *
   * @throws TRPCError BAD_REQUEST for what is no key, cannot be stored, or is refused by the key's schema (with zod's
   * issues as the cause); PAYLOAD_TOO_LARGE for a value above 1 MiB; CONFLICT when `ifVersion` is not the version
   */
  set<TKey extends KvKey<TSchemas>>(
    key: TKey,
    value: KvInput<TSchemas, TKey>,
    options?: KvSetOptions,
  ): { readonly version: number };
  /** Removes a key; says whether it was there. @throws TRPCError BAD_REQUEST, CONFLICT as `set` */
  delete(key: KvKey<TSchemas>, options?: Pick<KvSetOptions, "ifVersion">): boolean;
  /** Some of the keys, with their values. @throws TRPCError BAD_REQUEST */
  list(options?: KvListOptions): KvPage;
  /**
   * Adds to a number, and answers the sum. A key that is not there counts as 0; one that expires still does.
   *
   * @param by defaults to 1
   * @throws TRPCError BAD_REQUEST when the key holds no number, or the sum is none that its schema takes
   */
  increment(key: KvKey<TSchemas>, by?: number): number;
  /**
   * The changes of one key, or of all that begin alike, as they are committed. Resumes by itself where the
   * subscriber left off; see docs/subscriptions.md. @throws TRPCError BAD_REQUEST
   */
  watch<TKey extends KvKey<TSchemas>>(
    watched: { readonly key: TKey },
    options?: { readonly signal?: AbortSignal | undefined },
  ): KvChanges<KvValue<TSchemas, TKey>>;
  watch(watched: KvWatched, options?: { readonly signal?: AbortSignal | undefined }): KvChanges<unknown>;
}
