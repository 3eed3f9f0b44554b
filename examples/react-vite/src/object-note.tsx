import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "./trpc.ts";

const time = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

/**
 * Shows which instance of the user's object answered, and since when it runs. After a while without activity, the next change
 * wakes another instance.
 */
export function ObjectNote() {
  const trpc = useTRPC();
  const { data: awake } = useQuery(trpc.object.awake.queryOptions(undefined, { staleTime: Infinity }));
  if (!awake) return null;
  return (
    <footer className="page-note">
      Your object, instance <code data-testid="instance">{awake.instance}</code>, has been awake since{" "}
      {time.format(awake.since)}. After ten quiet seconds it sleeps, and the socket stays open.
    </footer>
  );
}
