import { useLiveQuery } from "@tanstack/react-db";
import { useEffect, useState, useSyncExternalStore } from "react";
import { AccountBar } from "../account/account-bar.tsx";
import { TaskItem } from "../task-item.tsx";
import { useTRPCClient } from "../trpc.ts";
import { cachePage } from "./cache-page.ts";
import { addEdit, deleteEdit, tickEdit } from "./edit.ts";
import { NewOfflineTask } from "./new-offline-task.tsx";
import { openOfflineTasks } from "./offline-tasks.ts";
import { RefusedList } from "./refused-list.tsx";
import type { LastUser } from "./stored-values.ts";
import { useOnline } from "./use-online.ts";

/** The tasks, which can be read and edited without a network. */
export function OfflinePage({ user }: { readonly user: LastUser }) {
  const client = useTRPCClient();
  const [{ tasks, edits }] = useState(() => openOfflineTasks(client, user.id));
  const { data, isReady } = useLiveQuery((query) =>
    query.from({ task: tasks }).orderBy(({ task }) => task.createdAt, "desc"),
  );
  const { open, refused } = useSyncExternalStore(edits.listen, edits.state);
  const isOnline = useOnline();
  useEffect(() => void cachePage(), []);

  return (
    <main className="page">
      <AccountBar email={user.email} />
      <div className="heading">
        <h1>Offline tasks</h1>
        <p className="live" data-live={isOnline && open.length === 0} role="status">
          {statusOf(isOnline, open.length)}
        </p>
      </div>
      <RefusedList edits={refused} onDismiss={edits.dismiss} />
      <section className="card" aria-label="Tasks" tabIndex={-1}>
        <NewOfflineTask onAdd={(title) => edits.submit(addEdit(title))} />
        {data.length > 0 ? (
          <ul className="tasks">
            {data.map((task) => (
              <TaskItem
                key={task.id}
                title={task.title}
                done={task.done}
                isLocked={false}
                error={undefined}
                onTick={(done) => edits.submit(tickEdit(task, done))}
                onDelete={() => edits.submit(deleteEdit(task))}
              />
            ))}
          </ul>
        ) : (
          <p className="empty">{emptyText(isReady, isOnline)}</p>
        )}
      </section>
      <p className="offline-note">
        Your tasks and your changes are stored in this browser until you sign out. Changes that you make offline are
        sent when you are online and this page is open. They are kept if you close the browser.
      </p>
    </main>
  );
}

function statusOf(isOnline: boolean, open: number): string {
  const changes = open === 1 ? "1 change" : `${open} changes`;
  if (open === 0) return isOnline ? "All changes saved" : "Offline";
  return isOnline ? `Sending ${changes}…` : `Offline · ${changes} to send`;
}

function emptyText(isReady: boolean, isOnline: boolean): string {
  if (isReady) return "Nothing to do.";
  return isOnline ? "Reading your tasks…" : "Your tasks are not stored in this browser. Connect to the network.";
}
