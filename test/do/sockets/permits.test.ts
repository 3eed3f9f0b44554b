import { initTRPC } from "@trpc/server";
import { expect, it } from "vitest";
import type { Admission } from "../../../src/do/kind-of-object.js";
import type { Connection } from "../../../src/do/sockets/connection.js";
import { createFrames } from "../../../src/do/sockets/frames.js";
import { createPermits } from "../../../src/do/sockets/permits.js";
import { transformer } from "../../../src/router/transformer.js";

it("work that fails while a session is looked up once leaves nothing of that look behind", () => {
  let admission: Admission = "alive";
  const permits = createPermits({
    admission: () => admission,
    frames: createFrames(initTRPC.create({ transformer }).router({})),
    handovers: () => {
      throw new Error("Nobody is asked to come back in this test.");
    },
    onAdmitted() {},
    waitUntil() {},
  });
  const caller = { type: "user", userId: "u", via: "session", sessionId: "s" } as const;
  const connection = { socket: { readyState: WebSocket.OPEN, close() {} }, caller } as unknown as Connection;
  const failing = (): void =>
    permits.inOneLook(() => {
      expect(permits.mayUse(connection)).toBe(true);
      throw new Error("The attachment could not be written.");
    });
  expect(failing).toThrow("The attachment");
  admission = "over";
  expect(permits.mayUse(connection)).toBe(false);
});
