import { appendFileSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { CommandFailure } from "./command-failure.js";

/** A line that was not imported. */
export interface RefusedLine {
  readonly line: number;
  readonly reason: string;
  readonly message: string;
}

/** How far an import has come, and what became of the lines. */
export interface ImportCounts {
  /** The last line that was imported or refused. */
  line: number;
  imported: number;
  unchanged: number;
  ignored: number;
  refused: number;
  /** The account that the next records without an owner belong to. */
  account?: string | undefined;
  /** The ids of organizations of the file that have another owner in the app. */
  refusedOrganizations?: readonly string[] | undefined;
}

interface Stored extends ImportCounts {
  readonly url: string;
  /** The size of the file, so that another file of the same name starts at its first line. */
  readonly bytes: number;
}

/** Stores how far an import has come beside the file, so that it can be continued after a stop. */
export function createImportProgress(file: string, url: URL) {
  const progressFile = `${file}.progress`;
  const refusedFile = `${file}.refused`;

  return {
    refusedFile,

    /** @throws CommandFailure if the progress is that of another file or another app */
    read(): ImportCounts {
      const stored = readStored(progressFile);
      if (!stored) {
        rmSync(refusedFile, { force: true });
        return { line: 0, imported: 0, unchanged: 0, ignored: 0, refused: 0 };
      }
      const { url: other, bytes, ...counts } = stored;
      if (other === url.href && bytes === sizeOf(file)) return counts;
      throw new CommandFailure(
        `${progressFile} is of another import. Pass --restart to start at the first line, which imports nothing twice.`,
      );
    },

    write(counts: ImportCounts, refused: readonly RefusedLine[]): void {
      // First, so that a stop in between repeats lines and loses none.
      if (refused.length > 0)
        appendFileSync(refusedFile, refused.map((each) => `${JSON.stringify(each)}\n`).join(""), { mode: 0o600 });
      const fresh = `${progressFile}.new`;
      const stored = { ...counts, url: url.href, bytes: sizeOf(file) } satisfies Stored;
      writeFileSync(fresh, JSON.stringify(stored), { mode: 0o600 });
      renameSync(fresh, progressFile);
    },

    delete: (): void => rmSync(progressFile, { force: true }),
  };
}

function sizeOf(file: string): number {
  return statSync(file).size;
}

function readStored(file: string): Stored | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Stored;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new CommandFailure(
      `${file} is not valid. Pass --restart to start at the first line, which imports nothing twice.`,
    );
  }
}
