import { openSocket, type Frame, type RawSocket } from "../fixtures/socket.js";
import { Violation } from "./history.js";
import type { Session } from "./session.js";
import type { World } from "./world.js";

/** The number of sockets over which one member sends. */
export const SOCKETS = 3;

export type Probe = Awaited<ReturnType<typeof openProbe>>;

/** Several sockets of one member that read everything. */
export async function openProbe(world: World, { browser }: Session) {
  const opened: RawSocket[] = [];
  let isCut = false;
  let isDone = false;
  for (let count = 0; count < SOCKETS; count++) {
    const raw = await openSocket(browser, world.target.socketPath);
    raw.socket.addEventListener("message", ({ data }) => {
      if (data === "PING") raw.socket.send("PONG");
      world.notice();
    });
    raw.socket.addEventListener("close", () => {
      isCut ||= !isDone;
      world.notice();
    });
    opened.push(raw);
  }
  let sent = 0;
  const first = (id: number): Frame | undefined => opened[id % SOCKETS]?.frames.find((frame) => frame.id === id);
  const answers = (): (Frame | undefined)[] => Array.from({ length: sent }, (_, id) => first(id));
  const idsOf = (isWanted: (frame: Frame) => boolean): number[] =>
    answers().flatMap((frame, id) => (frame && isWanted(frame) ? [id] : []));

  return {
    isCut: (): boolean => isCut,
    isAnswered: (): boolean => answers().every((frame) => frame !== undefined),

    /** Sends the given number of messages in separate frames, over the sockets in turn. */
    spread(count: number, message: (id: number) => object): void {
      sent = count;
      for (let id = 0; id < count; id++) if (!isCut) opened[id % SOCKETS]?.send(message(id));
    },

    /** Waits until the object has received all messages. */
    received(): Promise<void> {
      for (const { send } of opened) if (!isCut) send("PING");
      return world.until(
        () => isCut || opened.every(({ texts }) => texts.includes("PONG")),
        () => "an object to answer a ping",
      );
    },

    accepted: (): number[] => idsOf(({ result }) => result !== undefined),

    /** The refused messages, all of them because of the quota. */
    refused(): number[] {
      const ids = idsOf(({ error }) => error !== undefined);
      for (const id of ids) {
        const data = first(id)?.error?.json.data as { readonly reason?: string } | undefined;
        if (data?.reason !== "MEMBER_QUOTA") throw new Violation(`Refused, but not by the quota: ${data?.reason}`);
      }
      return ids;
    },

    /** The number of subscriptions that received a row. */
    changes: (id: number, row: string | undefined): number =>
      opened[id % SOCKETS]?.frames.filter((frame) => {
        const event = frame.result?.data?.json as { readonly data?: { readonly id?: string } } | undefined;
        return frame.id === id && event?.data?.id === row;
      }).length ?? 0,

    close(): void {
      // The object disconnects the probe with a close of its own. This close is the probe's.
      isDone = true;
      for (const { socket } of opened) {
        try {
          socket.close(1000);
        } catch {
          // It was closed already.
        }
      }
    },
  };
}
