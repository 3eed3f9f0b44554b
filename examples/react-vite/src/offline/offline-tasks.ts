import { createCollection } from "@tanstack/react-db";
import { userdoCollectionOptions } from "trpc-userdo/tanstack-db";
import type { useTRPCClient } from "../trpc.ts";
import type { Tasks } from "./edit.ts";
import { createOfflineEdits, type OfflineEdits } from "./edits.ts";
import { openUserStore } from "./user-store.ts";

type Client = ReturnType<typeof useTRPCClient>;

/** A user's tasks in this browser. */
export interface OfflineTasks {
  readonly userId: string;
  readonly tasks: Tasks;
  readonly edits: OfflineEdits;
}

/** How long changes are collected before the rows are stored, in milliseconds. */
const STORE_AFTER_MS = 200;

let opened: (OfflineTasks & { close(): void }) | undefined;

/** Opens the tasks of a user. Another user's are closed. */
export function openOfflineTasks(client: Client, userId: string): OfflineTasks {
  if (opened?.userId === userId) return opened;
  closeOfflineTasks();
  const store = openUserStore(userId);
  const { list, changes, create, setDone, delete: remove } = client.tasks;
  const tasks = createCollection(
    userdoCollectionOptions({
      id: `tasks of ${userId}`,
      client,
      list,
      changes,
      create,
      update: { mutate: ({ id, done = false }, options) => setDone.mutate({ id, done }, options) },
      delete: remove,
      snapshot: () => store.get("snapshot"),
    }),
  );
  let timer: ReturnType<typeof setTimeout> | undefined;
  const storeRows = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      const snapshot = tasks.utils.snapshot();
      if (snapshot) void store.set("snapshot", snapshot);
    }, STORE_AFTER_MS);
  };
  const subscription = tasks.subscribeChanges(storeRows);
  tasks.onFirstReady(storeRows);
  const edits = createOfflineEdits(tasks, store, userId);
  opened = {
    userId,
    tasks,
    edits,
    close() {
      clearTimeout(timer);
      subscription.unsubscribe();
      edits.close();
      void tasks.cleanup();
    },
  };
  return opened;
}

export function closeOfflineTasks(): void {
  opened?.close();
  opened = undefined;
}
