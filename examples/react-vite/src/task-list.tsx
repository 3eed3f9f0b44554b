import { useMutation } from "@tanstack/react-query";
import { describeError } from "./describe-error.ts";
import type { Task } from "./task.ts";
import { TaskRow } from "./task-row.tsx";
import { optimistic, useTRPC } from "./trpc.ts";

interface TaskListProps {
  readonly tasks: readonly Task[];
}

export function TaskList({ tasks }: TaskListProps) {
  const trpc = useTRPC();
  // Here and not in the row, which is unmounted when its deletion fails.
  const remove = useMutation(
    optimistic(trpc.tasks.delete, (cache, { id }) =>
      cache.update(trpc.tasks.list.queryKey(), (shown) => shown.filter((each) => each.id !== id)),
    ),
  );
  const deleteError = describeError(remove.error);

  if (tasks.length === 0) {
    return (
      <div className="empty">
        <p className="empty-title">Nothing to do.</p>
        <p>Add a task, and open this page in a second tab: it shows up there, too.</p>
      </div>
    );
  }
  const open = tasks.filter(({ done }) => !done).length;
  return (
    <>
      <ul className="tasks">
        {tasks.map((task) => (
          <TaskRow
            key={task.id}
            task={task}
            onDelete={() => remove.mutate({ id: task.id })}
            notDeleted={task.id === remove.variables?.id ? deleteError : undefined}
          />
        ))}
      </ul>
      <p className="count">
        {open === 0 ? "All done" : `${open} to do`}
        {open < tasks.length && open > 0 && ` · ${tasks.length - open} done`}
      </p>
    </>
  );
}
