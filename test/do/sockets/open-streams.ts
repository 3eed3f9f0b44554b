import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { openSocket, subscribe, type RawSocket } from "../../fixtures/socket.js";
import { signUpToStreams } from "../../fixtures/stock-client.js";

/** A new user, their object, and a function that opens sockets to it. */
export async function openStreams(path: "/streams" | "/small" = "/streams") {
  const signedUp = await signUpToStreams(path);
  const namespace = path === "/streams" ? env.STREAMS_DO : env.SMALL_DO;
  const object: DurableObjectStub = namespace.getByName(`user:${signedUp.user.id}`);
  const open = () => openSocket(signedUp.browser, path);
  return { ...signedUp, open, object };
}

/** Answers that it reads, as stock clients do. */
export function reading(socket: RawSocket): RawSocket {
  socket.socket.addEventListener("message", ({ data }) => data === "PING" && socket.socket.send("PONG"));
  return socket;
}

/** Sends the given number of subscriptions, and waits until all have started. */
export async function subscribeMany(socket: RawSocket, count: number, path = "streams.changes"): Promise<void> {
  for (let first = 1; first <= count; first += 200) {
    socket.send(Array.from({ length: Math.min(200, count - first + 1) }, (_, n) => subscribe(first + n, path)));
  }
  await socket.until(count);
  expect(socket.frames.every(({ result }) => result?.type === "started")).toBe(true);
}
