import { describe, expect, it } from "vitest";
import { createPendingWrites } from "../../src/tanstack-db/pending-writes.js";
import { sendWrites, type SentMutation } from "../../src/tanstack-db/send-writes.js";

const row = { id: "one", text: "long" };
const insert = { type: "insert", modified: row, original: {}, changes: row } as unknown as SentMutation;

/** Sends an insert to a procedure that fails. */
async function sendTo(reason: string) {
  const writes = createPendingWrites({ rowOf: () => row, reload() {}, onShown() {} });
  const error = Object.assign(new Error(reason), { data: { code: "CONFLICT", httpStatus: 409, reason } });
  const create = { mutate: () => Promise.reject(error) };
  return sendWrites({ input: undefined, writes, isOwn: () => true, create }, [insert], "key");
}

describe("a write that is sent again", () => {
  it("was made if only its result was not kept", async () => {
    await expect(sendTo("RESULT_NOT_KEPT")).resolves.toBeUndefined();
  });

  it("is refused with any other error", async () => {
    await expect(sendTo("OUTCOME_UNKNOWN")).rejects.toThrow("OUTCOME_UNKNOWN");
  });
});
