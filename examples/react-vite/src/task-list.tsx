import type { Task } from "./task.ts";
import { TaskRow } from "./task-row.tsx";

interface TaskListProps {
  readonly tasks: readonly Task[];
}

export function TaskList({ tasks }: TaskListProps) {
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
          <TaskRow key={task.id} task={task} />
        ))}
      </ul>
      <p className="count">
        {open === 0 ? "All done" : `${open} to do`}
        {open < tasks.length && open > 0 && ` · ${tasks.length - open} done`}
      </p>
    </>
  );
}
