import { setTimeout as delay } from "node:timers/promises";
import { TRPCClientError } from "@trpc/client";
import { UsageError } from "../usage-error.js";
import { argumentAt, reasonOf } from "./arguments.js";
import type { Command, CommandCall, CommandResult } from "./command.js";
import { CommandFailure } from "./command-failure.js";
import { readBatches } from "./import-lines.js";
import { createImportProgress, type ImportCounts } from "./import-progress.js";

type Input = Parameters<CommandCall["client"]["admin"]["import"]["mutate"]>[0];

/** How often a batch is sent again, while the app cannot be reached or is overloaded. */
const MAX_ATTEMPTS = 8;
const FIRST_PAUSE_MS = 500;

/** The command `import`, which sends a JSON Lines file in batches and can be stopped and started again. */
export const importCommand: Command = {
  name: "import",
  args: ["<file>"],
  summary: "import users, organizations, rows and keys from a JSON Lines file",
  options: ["reason", "existing", "restart"],
  run: importFile,
};

async function importFile(call: CommandCall): Promise<CommandResult> {
  const file = argumentAt(call, 0);
  const existing = existingOf(call);
  const reason = await reasonOf(call);
  const progress = createImportProgress(file, call.url);
  if (call.values.restart) progress.delete();
  const state = progress.read();
  const show = createCounter(call);
  for await (const batch of readBatches(file, state)) {
    if (batch.records.length > 0) {
      const account = batch.account === undefined ? {} : { account: batch.account };
      const input = { records: batch.records.map(({ record }) => record), reason, existing, ...account } as Input;
      const report = await send(call, input);
      state.imported += report.imported;
      state.unchanged += report.unchanged;
      state.ignored += report.ignored;
      for (const { index, reason: why, message } of report.refused) {
        const { line = 0, record } = batch.records[index] ?? {};
        batch.refused.push({ line, reason: why, message });
        const refused = why === "ALREADY_MEMBER" ? organizationIn(record) : undefined;
        if (refused !== undefined) state.refusedOrganizations = [...(state.refusedOrganizations ?? []), refused];
      }
    }
    state.refused += batch.refused.length;
    progress.write(state, batch.refused);
    show(state);
  }
  show.end();
  progress.delete();
  return resultOf(state, progress.refusedFile);
}

/** The id of a record of the type `newOrganization`. */
function organizationIn(record: unknown): string | undefined {
  const { type, id } = (record ?? {}) as { readonly type?: unknown; readonly id?: unknown };
  return type === "newOrganization" && typeof id === "string" ? id : undefined;
}

/** Sends a batch, and again while the app cannot be reached. Every record is imported once, however often it is sent. */
async function send({ client }: CommandCall, input: Input) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await client.admin.import.mutate(input);
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !isTemporary(error)) throw error;
      await delay(FIRST_PAUSE_MS * 2 ** (attempt - 1));
    }
  }
}

function isTemporary(error: unknown): boolean {
  if (!(error instanceof TRPCClientError)) return false;
  const code: unknown = (error.data as { readonly code?: unknown } | null | undefined)?.code;
  return code === undefined || code === "SERVICE_UNAVAILABLE" || code === "TOO_MANY_REQUESTS" || code === "TIMEOUT";
}

function existingOf({ values: { existing } }: CommandCall): "refuse" | "add" {
  if (existing === undefined || existing === "refuse") return "refuse";
  if (existing === "add") return existing;
  throw new UsageError("--existing is not valid. Pass refuse or add.");
}

/** Shows the progress: in a terminal on one line, and else a line from time to time. */
function createCounter({ terminal: { isInteractive } }: CommandCall) {
  const every = isInteractive ? 200 : 10_000;
  let last = Date.now();
  const show = (counts: ImportCounts): void => {
    if (Date.now() - last < every) return;
    last = Date.now();
    process.stderr.write(isInteractive ? `\r${describe(counts)}` : `${describe(counts)}\n`);
  };
  return Object.assign(show, { end: () => void (isInteractive && process.stderr.write("\r\u001b[K")) });
}

function describe({ line, imported, unchanged, ignored, refused }: ImportCounts): string {
  const known = unchanged > 0 ? `, ${unchanged} imported before` : "";
  const skipped = ignored > 0 ? `, ${ignored} ignored` : "";
  return `${line} lines: ${imported} imported${known}${skipped}, ${refused} refused`;
}

/** @throws CommandFailure if records were refused */
function resultOf(counts: ImportCounts, refusedFile: string): CommandResult {
  const text = `${describe(counts)}.`;
  if (counts.refused > 0) throw new CommandFailure(`${text} ${refusedFile} says which lines, and why.`);
  return { value: counts, text };
}
