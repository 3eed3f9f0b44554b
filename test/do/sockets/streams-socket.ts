import { env } from "cloudflare:workers";
import { evictDurableObject } from "cloudflare:test";
import { expect } from "vitest";
import { eventsOf, openSocket, subscribe, type RawSocket } from "../../fixtures/socket.js";
import { signUpToStreams } from "../../fixtures/stock-client.js";

let shared: ReturnType<typeof signUpToStreams> | undefined;

/** A socket of a new user. */
export async function start() {
  const signedUp = await signUpToStreams();
  const object = env.STREAMS_DO.getByName(`user:${signedUp.user.id}`);
  const sleep = () => evictDurableObject(object, { webSockets: "hibernate" });
  return { ...signedUp, socket: await openSocket(signedUp.browser, "/streams"), object, sleep };
}

/** A socket of one user that tests share when they store nothing. */
export async function connect() {
  const { browser } = await (shared ??= signUpToStreams());
  return { socket: await openSocket(browser, "/streams") };
}

export const echo = (id: unknown, input: unknown = { json: "here" }) => ({
  id,
  method: "query",
  params: { path: "echo", input },
});

/** Expects that the socket still answers, and received only the expected frames before. */
export async function stillWorks(socket: RawSocket, before: number): Promise<void> {
  socket.send(echo(77));
  await socket.until(before + 1);
  expect(socket.frames).toHaveLength(before + 1);
  expect(socket.frames.at(-1)).toEqual({ id: 77, result: { type: "data", data: { json: "here" } } });
}

/** Subscribes to each path, under the ids 1, 2, and so on. */
export async function subscribed(socket: RawSocket, ...paths: string[]): Promise<void> {
  const before = socket.frames.length;
  paths.forEach((path, index) => socket.send(subscribe(index + 1, path)));
  await socket.until(before + paths.length);
}

/** The received events of a subscription: the texts of rows, and other values as they are. */
export const textsOf = (socket: RawSocket, id: number) =>
  eventsOf(socket.frames.filter((frame) => frame.id === id)).map(
    ({ change }) => (change as { data?: { text?: string } } | undefined)?.data?.text ?? change,
  );
