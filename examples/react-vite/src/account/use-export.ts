import { useMutation } from "@tanstack/react-query";
import type { AppError } from "../describe-error.ts";
import { useTRPCClient } from "../trpc.ts";

/** Reads all of the user's records, one after the other, and saves them as a file. Returns the number of records. */
export function useExport() {
  const client = useTRPCClient();
  return useMutation<number, AppError>({
    async mutationFn() {
      const records: unknown[] = [];
      await new Promise<void>((resolve, reject) => {
        client.account.export.subscribe(undefined, {
          onData: (record) => records.push(record),
          onComplete: resolve,
          onError: reject,
        });
      });
      saveRecords(records, "tasks-export.ndjson");
      return records.length;
    },
  });
}

/** Saves records as a file with one JSON value per line. */
export function saveRecords(records: readonly unknown[], name: string): void {
  const lines = records.map((record) => `${JSON.stringify(record)}\n`);
  const url = URL.createObjectURL(new Blob(lines, { type: "application/x-ndjson" }));
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  URL.revokeObjectURL(url);
}
