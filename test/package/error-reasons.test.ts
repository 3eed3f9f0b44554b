import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const UNION = "shared/error-reason.ts";

async function readSources(): Promise<string> {
  const names = await readdir(path.join(root, "src"), { recursive: true });
  const files = names.filter((name) => /\.tsx?$/.test(name) && name.split(path.sep).join("/") !== UNION);
  return (await Promise.all(files.map((name) => readFile(path.join(root, "src", name), "utf8")))).join("\n");
}

/** The members of the type `ErrorReason`, in order. */
async function readUnion(): Promise<string[]> {
  const text = await readFile(path.join(root, "src", UNION), "utf8");
  const [union = ""] = /^export type ErrorReason =[^;]*;/m.exec(text) ?? [];
  return Array.from(union.matchAll(/"([A-Z\d_]+)"/g), ([, reason = ""]) => reason);
}

const reasons = await readUnion();

it("lists error reasons in alphabetical order", () => {
  expect(reasons.length).toBeGreaterThan(20);
  expect(reasons).toEqual(reasons.toSorted());
});

it("describes each error reason in docs/errors.md, and no other", async () => {
  const page = await readFile(path.join(root, "docs/errors.md"), "utf8");
  const headings = Array.from(page.matchAll(/^### `([A-Z\d_]+)`$/gm), ([, reason = ""]) => reason);
  const codes = new Set(Array.from(page.matchAll(/^### `([A-Z\d_]+)` \(\d+\)$/gm), ([, code = ""]) => code));
  expect(headings).toEqual(reasons);

  const bare = headings.filter((reason) => {
    const [, named = ""] = new RegExp(`^### \`${reason}\`\\n\\n(.*?)\\. `, "m").exec(page) ?? [];
    const listed = Array.from(named.matchAll(/`([A-Z\d_]+)`/g), ([, code = ""]) => code);
    return listed.length === 0 || !listed.every((code) => codes.has(code));
  });
  expect(bare).toEqual([]);
});

it("uses only existing error reasons in the guides", async () => {
  const pages = (await readdir(path.join(root, "docs"))).filter((name) => name.endsWith(".md"));
  const texts = await Promise.all(pages.map((name) => readFile(path.join(root, "docs", name), "utf8")));
  const named = texts.flatMap((text) =>
    Array.from(text.matchAll(/\breasons?`?\s+`([A-Z\d_]+)`/gi), ([, reason = ""]) => reason),
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((reason) => !reasons.includes(reason))).toEqual([]);
});

it("throws each error reason somewhere", async () => {
  const sources = await readSources();
  expect(reasons.filter((reason) => !sources.includes(`"${reason}"`))).toEqual([]);
});
