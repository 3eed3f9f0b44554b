import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "../worker/router.ts";

export type Task = inferRouterOutputs<AppRouter>["tasks"]["list"][number];

const DRAFT = "draft ";

/** A task to show until the server's own arrives. */
export function draftOf(title: string): Task {
  const now = new Date();
  return { id: DRAFT + crypto.randomUUID(), title: title.trim(), done: false, createdAt: now, updatedAt: now };
}

export function isDraft({ id }: Task): boolean {
  return id.startsWith(DRAFT);
}
