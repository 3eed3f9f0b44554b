import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

it.each(["ARCHITECTURE.md", "CONTRIBUTING.md"])("%s names files that exist", async (page) => {
  const text = await readFile(path.join(root, page), "utf8");
  const named = Array.from(text.matchAll(/`((?:src|test|docs|scripts|bench)\/[\w./-]+)`/g), ([, name = ""]) => name);
  expect(named).not.toEqual([]);
  expect(named.filter((name) => !existsSync(path.join(root, name)))).toEqual([]);
});
