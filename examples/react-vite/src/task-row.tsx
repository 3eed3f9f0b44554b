import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { describeError } from "./describe-error.ts";
import { isDraft, type Task } from "./task.ts";
import { TaskItem } from "./task-item.tsx";
import { optimistic, useTRPC } from "./trpc.ts";

interface TaskRowProps {
  readonly task: Task;
  readonly onDelete: () => void;
  /** The error of its deletion. */
  readonly notDeleted: string | undefined;
}

export function TaskRow({ task, onDelete, notDeleted }: TaskRowProps) {
  const trpc = useTRPC();
  const listKey = trpc.tasks.list.queryKey();
  // A checkbox has to change before the click ends, but the cache changes a moment later.
  const [clicked, setClicked] = useState<boolean>();
  // Reverts a change that fails.
  const setDone = useMutation(
    optimistic(
      trpc.tasks.setDone,
      (cache, { id, done }) =>
        cache.update(listKey, (tasks) => tasks.map((each) => (each.id === id ? { ...each, done } : each))),
      { onSettled: () => setClicked(undefined) },
    ),
  );

  return (
    <TaskItem
      title={task.title}
      done={clicked ?? task.done}
      isLocked={isDraft(task)}
      error={describeError(setDone.error) ?? notDeleted}
      onTick={(done) => {
        setClicked(done);
        setDone.mutate({ id: task.id, done });
      }}
      onDelete={onDelete}
    />
  );
}
