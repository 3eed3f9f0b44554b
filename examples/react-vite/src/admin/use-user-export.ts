import { useMutation } from "@tanstack/react-query";
import { saveRecords } from "../account/use-export.ts";
import type { AppError } from "../describe-error.ts";
import { useTRPCClient } from "../trpc.ts";

/** Reads all records of a user, one page after the other, and saves them as a file. Returns the number of records. */
export function useUserExport(userId: string) {
  const client = useTRPCClient();
  return useMutation<number, AppError, string>({
    async mutationFn(reason) {
      const records: unknown[] = [];
      let cursor: string | null = null;
      do {
        const page = await client.admin.users.export.mutate({ userId, reason, ...(cursor !== null && { cursor }) });
        records.push(...page.items);
        cursor = page.nextCursor;
      } while (cursor !== null);
      saveRecords(records, `user-${userId}.ndjson`);
      return records.length;
    },
  });
}
