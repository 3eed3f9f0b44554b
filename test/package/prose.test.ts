import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

async function pagesIn(folder: string): Promise<string[]> {
  const names = await readdir(path.join(root, folder));
  return names.filter((name) => name.endsWith(".md")).map((name) => path.join(folder, name));
}

const pages = (await Promise.all([".", "docs", "docs/decisions"].map(pagesIn))).flat();

/** The text of a page without its code, in which `#` begins comments. */
async function readProse(page: string): Promise<string> {
  const text = await readFile(path.join(root, page), "utf8");
  return text.replaceAll(/^```[^]*?^```$/gm, "");
}

/** The anchor that GitHub gives a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_\- ]/gu, "")
    .replaceAll(" ", "-");
}

async function anchorsOf(page: string): Promise<string[]> {
  const prose = await readProse(page);
  return Array.from(prose.matchAll(/^#+ (.+)$/gm), ([, heading = ""]) => anchorOf(heading));
}

it.each(pages)("%s links to files and headings that exist", async (page) => {
  const links = Array.from((await readProse(page)).matchAll(/\]\((?!\w+:)([^)#]*)(?:#([^)]+))?\)/g));
  const broken: string[] = [];
  for (const [link, file = "", anchor] of links) {
    const target = file === "" ? page : path.join(path.dirname(page), file);
    const exists = existsSync(path.join(root, target));
    if (!exists || (anchor !== undefined && !(await anchorsOf(target)).includes(anchor))) broken.push(link);
  }
  expect(broken).toEqual([]);
});

it("docs/README.md lists each page of docs and of docs/decisions once", async () => {
  const links = Array.from((await readProse("docs/README.md")).matchAll(/\]\(([\w./-]+\.md)\)/g), ([, file = ""]) =>
    path.join("docs", file),
  ).filter((file) => file.startsWith("docs/"));
  const others = pages.filter((page) => page.startsWith("docs/") && page !== "docs/README.md");
  expect(links.toSorted()).toEqual(others.toSorted());
});

it.each(pages)("%s has lines of at most 120 characters outside of code and tables", async (page) => {
  const lines = (await readProse(page)).split("\n");
  expect(lines.filter((line) => line.length > 120 && !line.startsWith("|"))).toEqual([]);
});

it.each(pages)("%s has no sentence or heading that begins with a free relative", async (page) => {
  const prose = (await readProse(page)).replaceAll(/(?<=[^\n])\n(?=[^\n#|>\s-])/g, " ");
  const beginnings = prose.matchAll(
    /(?:^[#>\s-]*|[.!?:;]\** |\*\*|\| |\[)((?:What|Who|Whoever|Whatever|Whichever)\b[^.?|]*.)/gm,
  );
  const sentences = Array.from(beginnings, ([, sentence = ""]) => sentence);
  // A question ends with a question mark.
  expect(sentences.filter((sentence) => !sentence.endsWith("?"))).toEqual([]);
});
