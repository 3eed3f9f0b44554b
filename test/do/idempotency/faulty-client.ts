import type { RawSocket } from "../../fixtures/socket.js";
import { message, postBatch, postKeyed, type KeysUser } from "../../fixtures/keys.js";

/** Numbers from 0 to 1 that are the same for each run with a seed. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A mutation of the client, whichever number of times it is sent. */
export interface LogicalMutation {
  readonly path: string;
  readonly input: { readonly text: string; readonly to?: string };
  readonly key: string;
}

/** The serialized result or error of a call, which is the same over each transport. */
export type Body = string;

/** Thrown if a reply does not say what became of the call. */
export class NoReply extends Error {}

/** A client that sends its calls over HTTP, in batches and over a socket. */
export function createFaultyClient(user: KeysUser) {
  let lastId = 0;
  let opening: Promise<RawSocket> | undefined;

  function openSocket(): Promise<RawSocket> {
    opening ??= user.openSocket().then((socket) => {
      void socket.closed.then(() => (opening = undefined));
      socket.socket.addEventListener("message", ({ data }) => data === "PING" && socket.socket.send("PONG"));
      return socket;
    });
    return opening.catch((error: unknown) => {
      opening = undefined;
      throw new NoReply(String(error));
    });
  }

  async function overSocket({ path, input, key }: LogicalMutation): Promise<Body> {
    const socket = await openSocket();
    const id = ++lastId;
    const start = `{"id":${id},`;
    const replied = new Promise<string>((resolve) => {
      socket.socket.addEventListener("message", ({ data }) => {
        if (String(data).startsWith(start)) resolve(`{${String(data).slice(start.length)}`);
      });
    });
    const closed = socket.closed.then(() => Promise.reject(new NoReply("The socket was closed.")));
    closed.catch(() => {});
    if (socket.socket.readyState !== WebSocket.OPEN) throw new NoReply("The socket is closed.");
    socket.send(message(id, path, input, key));
    return bodyOf(await Promise.race([replied, closed]));
  }

  return {
    /** @param transport a number from 0 to 1 that chooses the transport */
    async send(mutation: LogicalMutation, transport: number): Promise<Body> {
      const { path, input, key } = mutation;
      if (transport < 0.4) return overSocket(mutation);
      const { text, status } =
        transport < 0.7
          ? await postKeyed(user.browser, path, input, key)
          : await postBatch(user.browser, [{ path, input, key }]);
      if (status >= 500 || status === 429) throw new NoReply(text);
      return bodyOf(transport < 0.7 ? text : text.slice(1, -1));
    },
    close: async () => (await opening)?.socket.close(),
  };
}

/** The part of a reply that does not depend on the transport. */
function bodyOf(text: string): Body {
  const { result, error } = JSON.parse(text) as {
    result?: { data: unknown };
    error?: { json: { data: { httpStatus: number } } };
  };
  if (error && (error.json.data.httpStatus >= 500 || error.json.data.httpStatus === 429)) throw new NoReply(text);
  return JSON.stringify(result ? { result: result.data } : { error });
}
