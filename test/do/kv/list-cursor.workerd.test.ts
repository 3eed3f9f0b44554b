import { errorReason } from "trpc-userdo/worker";
import { expect, it } from "vitest";
import { withKv } from "./with-kv.js";

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

it("kv.list rejects an invalid cursor with the reason of cursors", () =>
  withKv(({ kv }) => {
    expect(thrownBy(() => kv.list({ cursor: "a\0" }))).toMatchObject({ code: "BAD_REQUEST", reason: "CURSOR_INVALID" });
  }));

it("errorReason reads the reason of an error that an app catches in its own object", () =>
  withKv(({ kv }) => {
    expect(errorReason(thrownBy(() => kv.get("")))).toBe("KEY_INVALID");
  }));
