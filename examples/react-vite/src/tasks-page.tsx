import { useQuery } from "@tanstack/react-query";
import { AccountBar } from "./account/account-bar.tsx";
import { ActivityList } from "./activity-list.tsx";
import { describeError } from "./describe-error.ts";
import { LiveLabel } from "./live-label.tsx";
import { NewTask } from "./new-task.tsx";
import { ObjectNote } from "./object-note.tsx";
import { TaskList } from "./task-list.tsx";
import { live, useTRPC } from "./trpc.ts";

export function TasksPage({ email }: { readonly email: string }) {
  const trpc = useTRPC();
  // Live in every tab.
  const { data: tasks, error } = useQuery(live(trpc.tasks.list.queryOptions()));

  return (
    <main className="page">
      <AccountBar email={email} />
      <div className="heading">
        <h1>Tasks</h1>
        <LiveLabel />
      </div>
      <section className="card" aria-label="Tasks" tabIndex={-1}>
        <NewTask />
        {tasks ? (
          <TaskList tasks={tasks} />
        ) : (
          <p className="empty" role={error ? "alert" : undefined}>
            {describeError(error) ?? "Reading your tasks…"}
          </p>
        )}
      </section>
      <ActivityList />
      <ObjectNote />
    </main>
  );
}
