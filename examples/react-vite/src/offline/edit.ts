import type { Collection } from "@tanstack/react-db";
import { createRow, type UserDOCollectionUtils } from "trpc-userdo/tanstack-db";
import type { Task } from "../task.ts";

export type Tasks = Collection<Task, string, UserDOCollectionUtils<Task>>;

/** One edit of the user, as JSON: it is stored, and sent to the other tabs. */
export interface Edit {
  /** The idempotency key of its call. */
  readonly id: string;
  /** A few words for the user. */
  readonly label: string;
  readonly write:
    | { readonly type: "insert"; readonly id: string; readonly title: string; readonly createdAt: number }
    | { readonly type: "update"; readonly id: string; readonly done: boolean }
    | { readonly type: "delete"; readonly id: string };
}

export function addEdit(title: string): Edit {
  const { id, createdAt } = createRow({});
  const write = { type: "insert", id, title, createdAt: createdAt.getTime() } as const;
  return { id: crypto.randomUUID(), label: `Add “${title}”`, write };
}

export function tickEdit({ id, title }: Task, done: boolean): Edit {
  const label = done ? `Complete “${title}”` : `Reopen “${title}”`;
  return { id: crypto.randomUUID(), label, write: { type: "update", id, done } };
}

export function deleteEdit({ id, title }: Task): Edit {
  return { id: crypto.randomUUID(), label: `Delete “${title}”`, write: { type: "delete", id } };
}

/** Makes an edit in the collection. */
export function applyEdit(tasks: Tasks, { write }: Edit): void {
  switch (write.type) {
    case "insert": {
      const createdAt = new Date(write.createdAt);
      tasks.insert({ id: write.id, title: write.title, done: false, createdAt, updatedAt: createdAt });
      return;
    }
    case "update":
      tasks.update(write.id, (task) => void (task.done = write.done));
      return;
    case "delete":
      tasks.delete(write.id);
  }
}

/** Returns the edit in the metadata of a transaction; `undefined` if there is no valid one. */
export function readEdit(metadata: unknown): Edit | undefined {
  const edit = isObject(metadata) ? metadata["edit"] : undefined;
  return isEdit(edit) ? edit : undefined;
}

function isEdit(value: unknown): value is Edit {
  return (
    isObject(value) && typeof value["id"] === "string" && typeof value["label"] === "string" && isWrite(value["write"])
  );
}

function isWrite(value: unknown): value is Edit["write"] {
  if (!isObject(value) || typeof value["id"] !== "string") return false;
  switch (value["type"]) {
    case "insert":
      return typeof value["title"] === "string" && typeof value["createdAt"] === "number";
    case "update":
      return typeof value["done"] === "boolean";
    default:
      return value["type"] === "delete";
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
