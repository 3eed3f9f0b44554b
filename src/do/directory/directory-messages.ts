import type { OrganizationEntry, UserEntry } from "../../shared/directory.js";
import type { OutboxMessage } from "../messaging/outbox-store.js";
import { toName } from "../../shared/owner.js";
import type { ObjectKind } from "./object-counts.js";
import { shardOf } from "./shard-of.js";

/** The messages to a shard of the directory. Each can arrive repeatedly and in any order. */
export interface DirectoryMessages {
  /** User → shard: the user's current entry. */
  readonly user: UserEntry;
  /** Organization → shard: the organization's current entry. */
  readonly organization: OrganizationEntry;
  /** User or organization → shard: the object was deleted. */
  readonly deleted: { readonly kind: ObjectKind; readonly id: string; readonly version: number };
  /** Shard → shard: entries that the receiver has now, because the number of shards was changed. */
  readonly moved: { readonly users: readonly UserEntry[]; readonly organizations: readonly OrganizationEntry[] };
  /** First shard → shard: start, because the number of shards was changed. */
  readonly wake: Record<never, never>;
}

export function shardName(shard: number): string {
  return toName({ type: "directory", id: String(shard) });
}

/** A message about one object, to the shard that has its entry. Calls do not wait for its delivery. */
export function messageAbout<TKind extends "user" | "organization" | "deleted">(
  shards: number,
  kind: TKind,
  payload: DirectoryMessages[TKind],
): OutboxMessage {
  return { target: shardName(shardOf(payload.id, shards)), kind, payload };
}

export function messageToShard<TKind extends "moved" | "wake">(
  shard: number,
  kind: TKind,
  payload: DirectoryMessages[TKind],
): OutboxMessage {
  return { target: shardName(shard), kind, payload };
}
