import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { describeError } from "./describe-error.ts";
import { isDraft, type Task } from "./task.ts";
import { optimistic, useTRPC } from "./trpc.ts";

interface TaskRowProps {
  readonly task: Task;
  readonly onDelete: () => void;
  /** Why it is still here. */
  readonly notDeleted: string | undefined;
}

export function TaskRow({ task, onDelete, notDeleted }: TaskRowProps) {
  const trpc = useTRPC();
  const listKey = trpc.tasks.list.queryKey();
  // A box that is ticked has to be by the end of the click; the cache is changed a moment later.
  const [clicked, setClicked] = useState<boolean>();
  // What is refused is taken back.
  const setDone = useMutation(
    optimistic(
      trpc.tasks.setDone,
      (cache, { id, done }) =>
        cache.update(listKey, (tasks) => tasks.map((each) => (each.id === id ? { ...each, done } : each))),
      { onSettled: () => setClicked(undefined) },
    ),
  );
  const error = describeError(setDone.error) ?? notDeleted;

  return (
    <li className="task" data-done={clicked ?? task.done}>
      <label>
        <input
          type="checkbox"
          checked={clicked ?? task.done}
          disabled={isDraft(task)}
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
        disabled={isDraft(task)}
        onClick={onDelete}
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
