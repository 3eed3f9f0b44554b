import { expect, it } from "vitest";
import { appAddress } from "../../src/shared/owner.js";
import { formatReplyCursor, parseReplyCursor } from "../../src/shared/reply-cursor.js";

const cursor = { seq: 12, nonce: "0123456789abcdef" };

it("marks the cursors of the app's object, and parses those of any object", () => {
  expect(formatReplyCursor({ type: "user" }, cursor)).toBe("12.0123456789abcdef");
  expect(formatReplyCursor(appAddress, cursor)).toBe("12.0123456789abcdef:app");
  for (const address of [{ type: "user" }, { type: "organization" }, appAddress] as const)
    expect(parseReplyCursor(formatReplyCursor(address, cursor))).toEqual(cursor);
  expect(parseReplyCursor("twelve")).toBeUndefined();
});
