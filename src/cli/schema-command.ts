import { readFile, writeFile } from "node:fs/promises";
import { diffLines } from "./diff-lines.js";
import { loadDefinition } from "./load-router.js";
import { schemaText } from "./schema-text.js";

export interface SchemaCommandOptions {
  /** The module that exports the router. */
  readonly file: string;
  readonly mode: "print" | "check" | "write";
  readonly snapshot: string;
  /** The router's name among the module's exports. */
  readonly name: string | undefined;
}

/** Compares an app's tables with their snapshot; answers the exit code. */
export async function schemaCommand({ file, mode, snapshot, name }: SchemaCommandOptions): Promise<number> {
  const now = schemaText(await loadDefinition(file, name));
  const before = await readSnapshot(snapshot);
  const same = before === now;
  if (mode === "write") {
    if (!same) await writeFile(snapshot, now);
    print(
      same
        ? `${snapshot} is up to date.`
        : `${snapshot} ${before === undefined ? "is made" : "is brought up to date"}.`,
    );
    return 0;
  }
  if (mode === "print") print(now);
  if (same) {
    print(`The schema is that of ${snapshot}.`);
    return 0;
  }
  print(before === undefined ? `There is no ${snapshot} yet.` : `The schema is not that of ${snapshot}:\n`);
  if (before !== undefined) print(`${diffLines(before, now).join("\n")}\n`);
  print(`Bring it up to date with --write${before === undefined ? "" : WHAT_NEEDS_A_STEP}, and commit it.`);
  return mode === "check" ? 1 : 0;
}

const WHAT_NEEDS_A_STEP =
  " (and write a migration for anything but a new table, index, or field that is optional or has a default)";

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function readSnapshot(file: string): Promise<string | undefined> {
  try {
    // As it was written, also where git gives lines another end.
    return (await readFile(file, "utf8")).replaceAll("\r\n", "\n");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
