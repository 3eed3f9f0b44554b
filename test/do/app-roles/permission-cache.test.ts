import { beforeEach, expect, it } from "vitest";
import { createPermissionCache, type PermissionCache } from "../../../src/do/app-roles/permission-cache.js";
import { createAppRolePolicy } from "../../../src/router/app-roles/app-role-policy.js";

const policy = createAppRolePolicy({ reader: ["post:read"], author: ["post:write"] });

let stored: string[];
let reads: number;
let callbacks: (() => void)[];
let cache: PermissionCache;

beforeEach(() => {
  stored = ["reader"];
  reads = 0;
  callbacks = [];
  cache = createPermissionCache({
    store: {
      rolesOf() {
        reads++;
        return stored.map((name) => ({ name }));
      },
    },
    policy,
    beforeNextWrite: (callback) => void callbacks.push(callback),
  });
});

/** As the storage does: calls back before the first statement of a turn that may write. */
function write(roles: string[]): void {
  for (const callback of callbacks.splice(0)) callback();
  stored = roles;
}

const permissions = () => [...cache.permissionsOf("ada")];

it("reads the roles once", () => {
  expect(permissions()).toEqual(["post:read"]);
  expect(permissions()).toEqual(["post:read"]);
  expect(reads).toBe(1);
});

it("reads them again in the turn of a write, each time", () => {
  permissions();
  write([]);
  expect(permissions()).toEqual([]);
  write(["author"]);
  expect(permissions()).toEqual(["post:write"]);
  expect(reads).toBe(3);
});

it("does not keep what was rolled back", () => {
  permissions();
  write(["reader", "author"]);
  expect(permissions()).toEqual(["post:read", "post:write"]);
  stored = ["reader"];
  expect(permissions()).toEqual(["post:read"]);
  cache.onWritten();
  expect(permissions()).toEqual(["post:read"]);
});

it("caches again after the turn, until the next write", () => {
  write([]);
  cache.onWritten();
  expect(permissions()).toEqual([]);
  expect(permissions()).toEqual([]);
  expect(reads).toBe(1);
  write(["reader"]);
  expect(permissions()).toEqual(["post:read"]);
});
