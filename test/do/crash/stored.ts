import { expect } from "vitest";
import type { StoredObject } from "./stop-everywhere.js";

const isEmpty = ({ tables, keys, alarm }: StoredObject): boolean =>
  Object.keys(tables).length === 0 && keys.length === 0 && alarm === null;

/** Expects that an address has one owner, and that every other pending claim to it is deleted. */
export function expectAddress(stored: readonly StoredObject[], email: string, userId: string): void {
  const owners = stored.filter(({ tables }) => tables["_account"]?.some((row) => row["email"] === email));
  expect(owners.map(({ name }) => name)).toEqual([`user:${userId}`]);
  const pointers = stored.flatMap(({ tables }) => tables["_pointer"] ?? []);
  expect(pointers.filter((row) => row["user_id"] === userId)).toEqual([
    expect.objectContaining({ user_id: userId, committed: 1, email: null }),
  ]);
}

/** Expects that nothing is stored in these objects except the directory, and that no alarm will wake them. */
export function expectEmpty(stored: readonly StoredObject[]): void {
  expect(stored.filter((object) => !isEmpty(object) && !object.name.startsWith("directory:"))).toEqual([]);
}
