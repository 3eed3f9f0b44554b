import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Task } from "./apply-change.ts";
import { describeError } from "./describe-error.ts";
import { useTRPC } from "./trpc.ts";

interface TaskRowProps {
  readonly task: Task;
  readonly onChanged: (() => void) | undefined;
}

export function TaskRow({ task, onChanged }: TaskRowProps) {
  const trpc = useTRPC();
  // What was just clicked shows at once; what is stored shows as soon as the change is told.
  const [clicked, setClicked] = useState<boolean>();
  const done = clicked ?? task.done;
  const setDone = useMutation(
    trpc.tasks.setDone.mutationOptions({ onSuccess: onChanged, onSettled: () => setClicked(undefined) }),
  );
  const remove = useMutation(trpc.tasks.delete.mutationOptions({ onSuccess: onChanged }));
  const error = describeError(setDone.error) ?? describeError(remove.error);

  return (
    <li className="task" data-done={done} data-leaving={remove.isPending}>
      <label>
        <input
          type="checkbox"
          checked={done}
          onChange={({ currentTarget: { checked } }) => {
            setClicked(checked);
            setDone.mutate({ id: task.id, done: checked });
          }}
        />
        <span className="task-title">{task.title}</span>
      </label>
      <button
        className="task-delete"
        type="button"
        aria-label={`Delete ${task.title}`}
        disabled={remove.isPending}
        onClick={() => remove.mutate({ id: task.id })}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="m4 4 8 8m0-8-8 8" />
        </svg>
      </button>
      {error && (
        <p className="field-error" role="alert">
          {error}
        </p>
      )}
    </li>
  );
}
