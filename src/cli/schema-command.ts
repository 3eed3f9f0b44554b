import { readFile, writeFile } from "node:fs/promises";
import { diffLines } from "./diff-lines.js";
import { loadDefinition } from "./load-router.js";
import { schemaText } from "./schema-text.js";

export interface SchemaCommandOptions {
  /** The module that exports the router. */
  readonly file: string;
  readonly mode: "print" | "check" | "write";
  readonly snapshot: string;
  /** The name of the router's export; `undefined` if the module exports the router of one app only. */
  readonly name: string | undefined;
}

/** Compares the tables of an app with their snapshot. Returns the exit code. */
export async function schemaCommand({ file, mode, snapshot, name }: SchemaCommandOptions): Promise<number> {
  const current = schemaText(await loadDefinition(file, name));
  const committed = await readSnapshot(snapshot);
  const isUpToDate = committed !== undefined && withoutHeader(committed) === withoutHeader(current);
  if (mode === "write") {
    if (!isUpToDate) await writeFile(snapshot, current);
    if (isUpToDate) print(`${snapshot} is up to date.`);
    else print(committed === undefined ? `Created ${snapshot}.` : `Updated ${snapshot}.`);
    return 0;
  }
  if (mode === "print") print(current);
  if (isUpToDate) print(`The schema matches ${snapshot}.`);
  else if (committed === undefined) print(`${snapshot} does not exist. Create it with --write, and commit it.`);
  else {
    print(`The schema differs from ${snapshot}:\n\n${diffLines(committed, current).join("\n")}\n`);
    print(`Update it with --write, and commit it. ${MIGRATION_HINT}`);
  }
  return mode === "check" && !isUpToDate ? 1 : 0;
}

/** The header is an explanation, whose words can differ between versions. */
function withoutHeader(text: string): string {
  return text.replace(/^(--.*\n)+\n/, "");
}

const MIGRATION_HINT =
  "Write a migration for each change other than a new table, a new index, or a new field that is optional or has a default.";

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function readSnapshot(file: string): Promise<string | undefined> {
  try {
    // Git may have converted the line endings.
    return (await readFile(file, "utf8")).replaceAll("\r\n", "\n");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
