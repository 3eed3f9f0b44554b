import { initTRPC } from "@trpc/server";
import { expect, it } from "vitest";
import type { Access } from "../../../src/do/lifecycle/request-context.js";
import type { Connection } from "../../../src/do/connections/connection.js";
import { createFrames } from "../../../src/do/connections/frames.js";
import { createConnectionAccess } from "../../../src/do/sockets/connection-access.js";
import { transformer } from "../../../src/router/transformer.js";

it("does not use cached access checks after the work that they were cached for has failed", () => {
  let current: Access = "granted";
  const connectionAccess = createConnectionAccess({
    access: () => current,
    frames: createFrames(initTRPC.create({ transformer }).router({})),
    reconnectPositions: () => {
      throw new Error("No client is asked to reconnect in this test.");
    },
    onGranted() {},
    waitUntil() {},
  });
  const caller = { type: "user", userId: "u", via: "session", sessionId: "s" } as const;
  const connection = { socket: { readyState: WebSocket.OPEN, close() {} }, caller } as unknown as Connection;
  const failing = (): void =>
    connectionAccess.withCachedChecks(() => {
      expect(connectionAccess.authorizeMessage(connection)).toBe(true);
      throw new Error("The attachment could not be written.");
    });
  expect(failing).toThrow("The attachment");
  current = "session-ended";
  expect(connectionAccess.authorizeMessage(connection)).toBe(false);
});
