import { closeSync, openSync, writeSync } from "node:fs";
import { reasonOf, userIdOf } from "./arguments.js";
import type { CommandCall, CommandResult } from "./command.js";
import { CommandFailure } from "./command-failure.js";
import { formatJson } from "./format.js";

/** Writes the records of a user to a file that only the user of this computer can read, or prints them. */
export async function exportUser(call: CommandCall): Promise<CommandResult> {
  const input = { userId: await userIdOf(call), reason: await reasonOf(call) };
  const { output } = call.values;
  const file = output === undefined ? undefined : openNew(output);
  let records = 0;
  try {
    let cursor: string | null | undefined;
    do {
      const page = await call.client.admin.users.export.mutate({ ...input, ...(cursor != null && { cursor }) });
      for (const record of page.items) {
        const line = `${formatJson(record, 0)}\n`;
        if (file === undefined) process.stdout.write(line);
        else writeSync(file, line);
        records++;
      }
      cursor = page.nextCursor;
    } while (cursor !== null);
  } finally {
    if (file !== undefined) closeSync(file);
  }
  if (output === undefined) return { text: "", note: `Exported ${records} records.` };
  return { value: { records, output }, text: `Wrote ${records} records to ${output}.` };
}

/** @throws CommandFailure if the file exists, because its mode would stay */
function openNew(file: string): number {
  try {
    return openSync(file, "wx", 0o600);
  } catch (error) {
    throw new CommandFailure(`${file} could not be created: ${error instanceof Error ? error.message : String(error)}`);
  }
}
