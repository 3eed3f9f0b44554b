import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { readBlocks } from "./page-blocks.js";

const folder = new URL("../fixtures/moving/", import.meta.url);

it.each([
  ["docs/from-userdo.md", "userdo-export.ts"],
  ["docs/from-workers-users.md", "convert-workers-users.mjs"],
])("%s has the script that the tests run", async (page, file) => {
  const code = await readFile(fileURLToPath(new URL(file, folder)), "utf8");
  const blocks = await readBlocks(page);
  expect(blocks.map((block) => block.code)).toContain(code);
});
