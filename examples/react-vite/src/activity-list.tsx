import { useQueryClient } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { useState } from "react";
import { useTRPC } from "./trpc.ts";

interface Entry {
  readonly id: string;
  readonly text: string;
}

/** The latest changes, from any tab: each committed change is an event, which the result of a query is not. */
export function ActivityList() {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [entries, setEntries] = useState<readonly Entry[]>([]);

  useSubscription(
    trpc.tasks.changes.subscriptionOptions(undefined, {
      onData({ id, data: change }) {
        const text = describe(change);
        setEntries((known) => [{ id, text }, ...known].slice(0, 3));
        // Another instance sent it, if the object hibernated in between.
        void queryClient.invalidateQueries({ queryKey: trpc.object.awake.queryKey() });
      },
    }),
  );

  if (entries.length === 0) return null;
  return (
    <ol className="activity" aria-label="Activity">
      {entries.map(({ id, text }) => (
        <li key={id}>{text}</li>
      ))}
    </ol>
  );
}

type Change =
  | { readonly type: "create" | "update"; readonly data: { readonly title: string; readonly done: boolean } }
  | { readonly type: "delete" | "reset" };

function describe(change: Change): string {
  switch (change.type) {
    case "create":
      return `Added “${change.data.title}”`;
    case "update":
      return `${change.data.done ? "Ticked off" : "Took up"} “${change.data.title}”`;
    case "delete":
      return "Removed a task";
    case "reset":
      return "Much has happened";
  }
}
