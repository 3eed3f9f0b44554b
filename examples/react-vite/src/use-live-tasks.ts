import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { applyChange } from "./apply-change.ts";
import { useTRPC } from "./trpc.ts";

/** The tasks, kept current in every tab: read once, then each change is folded into the query cache. */
export function useLiveTasks() {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const queryKey = trpc.tasks.list.queryKey();
  const readAgain = () => void queryClient.invalidateQueries({ queryKey });

  // Never stale while the socket is there: looking at the tab must not wake the object.
  const tasks = useQuery(trpc.tasks.list.queryOptions(undefined, { staleTime: Infinity }));

  const changes = useSubscription(
    trpc.tasks.changes.subscriptionOptions(undefined, {
      // What happened between the first read and this moment is in no event.
      onStarted: readAgain,
      onData({ data: change }) {
        // A read that is under way may have missed this change, and would overwrite it.
        if (change.type === "reset" || queryClient.isFetching({ queryKey }) > 0) readAgain();
        else queryClient.setQueryData(queryKey, (known) => known && applyChange(known, change));
        void queryClient.invalidateQueries({ queryKey: trpc.object.awake.queryKey() });
      },
    }),
  );

  return { tasks, isLive: changes.status === "pending", readAgain };
}
