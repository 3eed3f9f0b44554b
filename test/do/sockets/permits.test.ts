import { initTRPC } from "@trpc/server";
import { expect, it } from "vitest";
import type { Access } from "../../../src/do/lifecycle/request-context.js";
import type { Connection } from "../../../src/do/connections/connection.js";
import { createFrames } from "../../../src/do/connections/frames.js";
import { createConnectionAccess } from "../../../src/do/sockets/connection-access.js";
import { transformer } from "../../../src/router/transformer.js";

it("work that fails while a session is looked up once leaves nothing of that look behind", () => {
  let admission: Access = "granted";
  const permits = createConnectionAccess({
    access: () => admission,
    frames: createFrames(initTRPC.create({ transformer }).router({})),
    reconnectPositions: () => {
      throw new Error("Nobody is asked to come back in this test.");
    },
    onGranted() {},
    waitUntil() {},
  });
  const caller = { type: "user", userId: "u", via: "session", sessionId: "s" } as const;
  const connection = { socket: { readyState: WebSocket.OPEN, close() {} }, caller } as unknown as Connection;
  const failing = (): void =>
    permits.withCachedChecks(() => {
      expect(permits.authorizeMessage(connection)).toBe(true);
      throw new Error("The attachment could not be written.");
    });
  expect(failing).toThrow("The attachment");
  admission = "session-ended";
  expect(permits.authorizeMessage(connection)).toBe(false);
});
