import { describe, expect, it } from "vitest";
import { z } from "zod";
import { initUserDO } from "../../../src/router/index.js";
import { KV_KEY_BYTES, keyProblem, prefixProblem } from "../../../src/router/kv/kv-key.js";
import { badKeys, oddKeys } from "../../do/kv/keys-and-values.js";

describe("keys", () => {
  it.each(oddKeys.map((key) => [key]))("accept %j", (key) => {
    expect(keyProblem(key)).toBeUndefined();
  });

  it.each(badKeys)("reject %s", (_name, key) => {
    expect(keyProblem(key)).toBeTypeOf("string");
  });

  it("may have 512 bytes, whatever the number of characters", () => {
    for (const [character, bytes] of [
      ["a", 1],
      ["é", 2],
      ["€", 3],
      ["\u{1f600}", 4],
    ] as const) {
      const most = character.repeat(Math.floor(KV_KEY_BYTES / bytes));
      expect(keyProblem(most)).toBeUndefined();
      expect(keyProblem(most + character)).toBeTypeOf("string");
    }
  });

  it("may start with an empty prefix", () => {
    expect(prefixProblem("")).toBeUndefined();
    expect(prefixProblem("_")).toBeUndefined();
  });
});

describe("declared keys", () => {
  const declare = (key: string) => () => initUserDO({ kv: { [key]: z.string() } });

  it.each(["", "draft:1", "a.b", "_a", "__proto", "1st", "ä", "x".repeat(64)])("reject the name %j", (key) => {
    expect(declare(key)).toThrow(/^The declared key ".*" is not a valid name/);
  });

  it.each(["get", "getEntry", "set", "delete", "list", "increment", "watch", "then", "call", "apply"])(
    "reject %s, the name of a procedure",
    (key) => {
      expect(declare(key)).toThrow(`The declared key "${key}" has the name of a procedure`);
    },
  );

  it.each(["constructor", "prototype"])("reject %s, which no request may contain", (key) => {
    expect(declare(key)).toThrow(`The declared key "${key}" cannot be called`);
  });

  it.each(["toString", "valueOf", "hasOwnProperty"])("accept %s", (key) => {
    const t = initUserDO({ kv: { [key]: z.string() } });
    expect(Object.keys(t.router({ ...t.builtin })._def.procedures)).toContain(`kv.${key}.get`);
  });

  it("each have their own procedures beside those for free keys", () => {
    const t = initUserDO({ kv: { preferences: z.string() } });
    const router = t.router({ ...t.builtin });
    const paths = Object.keys(router._def.procedures).filter((path) => path.startsWith("kv."));
    expect(paths.toSorted()).toEqual([
      "kv.delete",
      "kv.get",
      "kv.getEntry",
      "kv.increment",
      "kv.list",
      "kv.preferences.delete",
      "kv.preferences.get",
      "kv.preferences.getEntry",
      "kv.preferences.increment",
      "kv.preferences.set",
      "kv.preferences.watch",
      "kv.set",
      "kv.watch",
    ]);
  });
});
