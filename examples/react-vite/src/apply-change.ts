import type { inferRouterOutputs } from "@trpc/server";
import type { Change } from "trpc-userdo/router";
import type { AppRouter } from "../worker/router.ts";

export type Task = inferRouterOutputs<AppRouter>["tasks"]["list"][number];

/** The list (newest first) after a change. Telling the same change twice makes no difference. */
export function applyChange(tasks: readonly Task[], change: Exclude<Change<Task>, { type: "reset" }>): Task[] {
  if (change.type === "delete") return tasks.filter(({ id }) => id !== change.id);
  const known = tasks.some(({ id }) => id === change.id);
  return known ? tasks.map((task) => (task.id === change.id ? change.data : task)) : [change.data, ...tasks];
}
