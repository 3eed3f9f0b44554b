import { useMutation } from "@tanstack/react-query";
import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "../../worker/router.ts";
import { describeError } from "../describe-error.ts";
import { TaskItem } from "../task-item.tsx";
import { useTRPC } from "../trpc.ts";

interface ProjectTaskProps {
  readonly organizationId: string;
  readonly task: inferRouterOutputs<AppRouter>["projects"]["tasks"]["list"][number];
  readonly mayWrite: boolean;
}

export function ProjectTask({ organizationId, task: { id, title, done }, mayWrite }: ProjectTaskProps) {
  const trpc = useTRPC();
  const setDone = useMutation(trpc.projects.tasks.setDone.mutationOptions());
  const remove = useMutation(trpc.projects.tasks.delete.mutationOptions());

  return (
    <TaskItem
      title={title}
      // Shows the click at once, and the stored value as soon as it arrives.
      done={setDone.isPending ? setDone.variables.done : done}
      isLocked={!mayWrite}
      isLeaving={remove.isPending}
      error={describeError(setDone.error ?? remove.error)}
      onTick={(ticked) => setDone.mutate({ organizationId, id, done: ticked })}
      onDelete={mayWrite ? () => remove.mutate({ organizationId, id }) : undefined}
    />
  );
}
