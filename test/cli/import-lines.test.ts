import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readBatches, type Batch } from "../../src/cli/admin/import-lines.js";
import type { ImportCounts } from "../../src/cli/admin/import-progress.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "trpc-userdo-import-"));
});
afterEach(() => rm(folder, { recursive: true }));

const counts = (): ImportCounts => ({ line: 0, imported: 0, unchanged: 0, ignored: 0, refused: 0 });

async function read(lines: readonly (string | Buffer)[], state = counts()): Promise<Batch[]> {
  const file = path.join(folder, "lines.jsonl");
  await writeFile(file, Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from("\n")])));
  const batches: Batch[] = [];
  for await (const batch of readBatches(file, state)) batches.push(batch);
  return batches;
}

const linesOf = (batches: readonly Batch[]) => batches.flatMap(({ records }) => records.map(({ line }) => line));
const refusedIn = (batches: readonly Batch[]) => batches.flatMap(({ refused }) => refused.map(({ line }) => line));
const key = (value: unknown) => JSON.stringify({ type: "key", data: { key: "draft", value } });
const account = (email: unknown) => JSON.stringify({ type: "account", data: { email } });

it.each([
  ["a reserved key", `{"type":"key","data":{"key":"draft","value":{"constructor":1}}}`],
  ["a key __proto__", `{"type":"key","data":{"key":"draft","value":{"__proto__":1}}}`],
  ["values that are too deep", key(JSON.parse(`${"[".repeat(100)}${"]".repeat(100)}`))],
  ["values that overflow the stack", `${"[".repeat(200_000)}${"]".repeat(200_000)}`],
  ["half of a surrogate pair", String.raw`{"type":"\ud800"}`],
  ["too many values", key(Array(100_001).fill(1))],
  ["bytes that are not UTF-8", Buffer.from([0x22, 0xe9, 0x22])],
])("refuses one line with %s, and sends the others", async (_name, line) => {
  const batches = await read([account("ada@example.com"), line, "null"]);
  expect(linesOf(batches)).toEqual([1, 3]);
  expect(refusedIn(batches)).toEqual([2]);
});

it("sends batches that the app accepts", async () => {
  const batches = await read(Array.from({ length: 6 }, () => key(Array(40_000).fill(1))));
  for (const { records } of batches) expect(records.length).toBeLessThanOrEqual(2);
  expect(linesOf(batches)).toEqual([1, 2, 3, 4, 5, 6]);
});

it.each(["{", account("ada"), account(1)])("forgets the account before a line that is refused: %s", async (line) => {
  const state = counts();
  const batches = await read([account("ada@example.com"), key(1), line, ...Array<string>(250).fill(key(2))], state);
  expect(batches.at(-1)?.account).toBeUndefined();
  expect(state.account).toBeUndefined();
  for (const { records, account: first } of batches) {
    if (records.every(({ line: at }) => at > 3)) expect(first).toBeUndefined();
    else if (line === "{") expect(records.every(({ line: at }) => at < 3)).toBe(true);
  }
});

it("refuses what belongs to an organization of another owner", async () => {
  const row = (organization: string) => JSON.stringify({ type: "row", organization, table: "projects", data: {} });
  const batches = await read([row("1"), row("2")], { ...counts(), refusedOrganizations: ["1"] });
  expect([linesOf(batches), refusedIn(batches)]).toEqual([[2], [1]]);
});

it("reads a file with a byte order mark and Windows line breaks", async () => {
  const batches = await read([`\uFEFF${account("ada@example.com")}\r`, "\r", `${key(1)}\r`]);
  expect([linesOf(batches), refusedIn(batches)]).toEqual([[1, 3], []]);
});
