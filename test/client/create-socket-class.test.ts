import { createServer, type AddressInfo } from "node:net";
import { WebSocket as NodeWebSocket } from "ws";
import { expect, it } from "vitest";
import { createSocketClass } from "../../src/client/create-socket-class.js";

it.each([
  ["Node's own", undefined],
  ["that of ws", NodeWebSocket as unknown as typeof WebSocket],
])("E4 a connection that does not open is given up: %s", async (_name, implementation) => {
  // Takes connections and never answers: what a lost network looks like.
  const server = createServer((socket) => void socket.on("error", () => {}));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const socketClass = createSocketClass({ implementation, token: () => undefined, timeout: 50 });
  await socketClass.load();
  const socket = new socketClass.WebSocket(`ws://127.0.0.1:${port}`);
  let closed = 0;
  socket.addEventListener("error", () => {});
  socket.addEventListener("close", () => closed++);
  await expect.poll(() => closed, { timeout: 3_000 }).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(closed).toBe(1);
  server.close();
});
