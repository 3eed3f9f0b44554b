import { AccountBar } from "./account/account-bar.tsx";
import { describeError } from "./describe-error.ts";
import { NewTask } from "./new-task.tsx";
import { ObjectNote } from "./object-note.tsx";
import { TaskList } from "./task-list.tsx";
import { useLiveTasks } from "./use-live-tasks.ts";

export function TasksPage({ email }: { readonly email: string }) {
  const { tasks, isLive, readAgain } = useLiveTasks();
  // The socket tells this tab of its own changes, too. Without one, it has to ask.
  const onChanged = isLive ? undefined : readAgain;

  return (
    <main className="page">
      <AccountBar email={email} />
      <div className="heading">
        <h1>Tasks</h1>
        <p className="live" data-live={isLive} role="status">
          {isLive ? "Live" : "Connecting…"}
        </p>
      </div>
      <section className="card" aria-label="Tasks">
        <NewTask onCreated={onChanged} />
        {tasks.data ? (
          <TaskList tasks={tasks.data} onChanged={onChanged} />
        ) : (
          <p className="empty" role={tasks.error ? "alert" : undefined}>
            {describeError(tasks.error) ?? "Reading your tasks…"}
          </p>
        )}
      </section>
      <ObjectNote />
    </main>
  );
}
