import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createTokenFile } from "../../src/cli/admin/token-file.js";

const url = new URL("https://app.example.com/trpc");
const tokens = { accessToken: "a", accessExpiresAt: 1, refreshToken: "r", refreshExpiresAt: 2 };

let parent: string;
let folder: string;
beforeEach(async () => {
  parent = await mkdtemp(path.join(tmpdir(), "trpc-userdo-tokens-"));
  folder = path.join(parent, "config/trpc-userdo");
});
afterEach(() => rm(parent, { recursive: true }));

const modeOf = async (file: string): Promise<number> => (await stat(file)).mode & 0o777;

it("stores tokens that only the user of the computer can read", async () => {
  const file = createTokenFile(url, folder);
  expect(file.get()).toBeUndefined();
  file.set(tokens);
  expect(file.get()).toEqual(tokens);
  expect(await modeOf(file.path)).toBe(0o600);
  expect(await modeOf(folder)).toBe(0o700);
  expect(await readdir(folder)).toEqual([path.basename(file.path)]);
});

it("restores the mode of a file that others can read", async () => {
  const file = createTokenFile(url, folder);
  file.set(tokens);
  await chmod(file.path, 0o644);
  file.set({ ...tokens, accessToken: "b" });
  expect(await modeOf(file.path)).toBe(0o600);
  expect(await readFile(file.path, "utf8")).toContain('"b"');
});

it("has separate tokens for each URL, and deletes them", () => {
  const [one, other] = [createTokenFile(url, folder), createTokenFile(new URL("http://localhost:5173/trpc"), folder)];
  one.set(tokens);
  expect(other.get()).toBeUndefined();
  other.set(tokens);
  one.set(undefined);
  one.set(undefined);
  expect(one.get()).toBeUndefined();
  expect(other.get()).toEqual(tokens);
});

it("asks to delete a file that it cannot read", async () => {
  const file = createTokenFile(url, folder);
  file.set(tokens);
  await writeFile(file.path, "{");
  expect(() => file.get()).toThrow(`${file.path} is not valid. Delete it, and sign in again.`);
});
