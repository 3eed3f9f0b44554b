import { useMutation } from "@tanstack/react-query";
import type { AppError } from "../describe-error.ts";
import { useTRPCClient } from "../trpc.ts";

/** Reads all of the user's records, one after the other, and saves them as a file. Returns the number of records. */
export function useExport() {
  const client = useTRPCClient();
  return useMutation<number, AppError>({
    async mutationFn() {
      const lines: string[] = [];
      await new Promise<void>((resolve, reject) => {
        client.account.export.subscribe(undefined, {
          onData: (record) => lines.push(`${JSON.stringify(record)}\n`),
          onComplete: resolve,
          onError: reject,
        });
      });
      save(new Blob(lines, { type: "application/x-ndjson" }), "tasks-export.ndjson");
      return lines.length;
    },
  });
}

function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  URL.revokeObjectURL(url);
}
