import { useMutation } from "@tanstack/react-query";
import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "../../worker/router.ts";
import { describeError } from "../describe-error.ts";
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
  // What was just clicked shows at once; what is stored, as soon as it is told.
  const shown = setDone.isPending ? setDone.variables.done : done;
  const error = setDone.error ?? remove.error;

  return (
    <li className="task" data-done={shown} data-leaving={remove.isPending}>
      <label>
        <input
          type="checkbox"
          checked={shown}
          disabled={!mayWrite}
          onChange={({ currentTarget }) => setDone.mutate({ organizationId, id, done: currentTarget.checked })}
        />
        <span className="task-title">{title}</span>
      </label>
      {mayWrite && (
        <button
          className="task-delete"
          type="button"
          aria-label={`Delete ${title}`}
          disabled={remove.isPending}
          onClick={() => remove.mutate({ organizationId, id })}
        >
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="m4 4 8 8m0-8-8 8" />
          </svg>
        </button>
      )}
      {error && (
        <p className="field-error" role="alert">
          {describeError(error)}
        </p>
      )}
    </li>
  );
}
