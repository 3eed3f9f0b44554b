import { useQueryClient } from "@tanstack/react-query";
import { useTRPC } from "../trpc.ts";

/** Reads everything that the pages for operators show again, after an action. */
export function useReadAgain(): () => Promise<void> {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  return () => queryClient.invalidateQueries(trpc.admin.pathFilter());
}
