import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

export interface PageBlock {
  /** The heading above it. */
  readonly heading: string;
  readonly language: string;
  /** The file's path, which the comment in the first line says. Shell commands have none. */
  readonly name: string | undefined;
  readonly code: string;
}

const NAME = /^(?:\/\/|<!--) ([\w./-]+\.\w+)\b/;

/**
 * The code blocks of a page, in order.
 *
 * @param page its path in this repository
 */
export async function readBlocks(page: string): Promise<readonly PageBlock[]> {
  const text = await readFile(fileURLToPath(new URL(`../../${page}`, import.meta.url)), "utf8");
  const blocks = text.matchAll(/^#+ (.+)$|^```(\w+)\n([^]*?)^```$/gm);
  let heading = "";
  return Array.from(blocks, ([, title, language = "", code = ""]): PageBlock | undefined => {
    if (title === undefined) return { heading, language, name: NAME.exec(code)?.[1], code };
    heading = title;
    return undefined;
  }).filter((block) => block !== undefined);
}

/** Writes the blocks that are files into a folder. */
export async function writeBlocks(folder: string, blocks: readonly PageBlock[]): Promise<void> {
  for (const { name, code } of blocks) {
    if (name === undefined) continue;
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, code);
  }
}
