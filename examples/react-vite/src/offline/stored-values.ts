import type { CollectionSnapshot } from "trpc-userdo/tanstack-db";
import type { Task } from "../task.ts";

/** The user who was signed in when the session was last checked. */
export interface LastUser {
  readonly id: string;
  readonly email: string;
}

/** An edit that the server refused, until the user dismisses it. */
export interface RefusedEdit {
  readonly id: string;
  readonly label: string;
  readonly reason: string;
}

/** The values in a user's database, by their keys. */
export interface StoredValues {
  user: LastUser;
  snapshot: CollectionSnapshot<Task>;
  [key: `refused:${string}`]: RefusedEdit;
  /** A transaction that was not sent yet, as text. */
  [key: `outbox:${string}`]: string;
}
