import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

async function filesIn(folder: string): Promise<string[]> {
  return readdir(path.join(root, folder), { recursive: true });
}

async function pagesIn(folder: string): Promise<string[]> {
  const names = await readdir(path.join(root, folder));
  return names.filter((name) => name.endsWith(".md")).map((name) => path.posix.join(folder, name));
}

const decisions = await pagesIn("docs/decisions");
const pages = [...(await pagesIn(".")), ...(await pagesIn("docs")), ...decisions];
/** Pages for contributors, which name files of this repository only. */
const internal = ["ARCHITECTURE.md", "CONTRIBUTING.md", ...decisions];
const baseNames = new Set((await Promise.all(["src", "test"].map(filesIn))).flat().map((file) => path.basename(file)));

async function namesIn(page: string, pattern: RegExp): Promise<string[]> {
  const text = await readFile(path.join(root, page), "utf8");
  return Array.from(text.matchAll(pattern), ([, name = ""]) => name);
}

it.each(pages)("%s names paths that exist", async (page) => {
  const named = await namesIn(page, /`((?:src|test|docs|scripts|bench|examples)\/[\w./-]+)`/g);
  // An app that a page describes has a folder `src`, too.
  const own = internal.includes(page) ? named : named.filter((name) => name.split("/").length > 2);
  expect(own.filter((name) => !existsSync(path.join(root, name)))).toEqual([]);
});

it.each(internal)("%s names files that exist", async (page) => {
  const named = await namesIn(page, /`([\w.-]+\.tsx?)`/g);
  expect(named.filter((name) => !baseNames.has(name))).toEqual([]);
});

it("finds the paths of the architecture", async () => {
  expect((await namesIn("ARCHITECTURE.md", /`(src\/[\w./-]+\.ts)`/g)).length).toBeGreaterThan(30);
});

it.each(["src/do", "src/worker"])("ARCHITECTURE.md lists the folders of %s", async (folder) => {
  const entries = await readdir(path.join(root, folder), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${folder}/${name}`);
  const listed = await namesIn("ARCHITECTURE.md", new RegExp(`^\\| \`(${folder}/[\\w-]+)\``, "gm"));
  expect(listed.toSorted()).toEqual(folders.toSorted());
});
