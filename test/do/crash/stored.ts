import { expect } from "vitest";
import type { StoredObject } from "./stop-everywhere.js";

const isEmpty = ({ tables, keys, alarm }: StoredObject): boolean =>
  Object.keys(tables).length === 0 && keys.length === 0 && alarm === null;

/** An address is one user's, and everything else that was begun for it is gone. */
export function expectAddress(stored: readonly StoredObject[], email: string, userId: string): void {
  const owners = stored.filter(({ tables }) => tables["_account"]?.some((row) => row["email"] === email));
  expect(owners.map(({ name }) => name)).toEqual([`user:${userId}`]);
  const pointers = stored.flatMap(({ tables }) => tables["_pointer"] ?? []);
  expect(pointers.filter((row) => row["user_id"] === userId)).toEqual([
    expect.objectContaining({ user_id: userId, committed: 1, email: null }),
  ]);
}

/** Nothing is stored in these objects, and nothing will wake them. */
export function expectEmpty(stored: readonly StoredObject[]): void {
  expect(stored.filter((object) => !isEmpty(object))).toEqual([]);
}
