import { sessionOf, type Caller } from "../../shared/caller.js";
import type { Admission, LiveObject } from "../kind-of-object.js";
import { CLOSE_COME_BACK, CLOSE_NO_MEMBER, CLOSE_SESSION_ENDED } from "../../shared/close-codes.js";
import type { Connection } from "./connection.js";
import type { Frames } from "./frames.js";
import type { Handovers } from "./handovers.js";
import { noMember, sessionEnded } from "./socket-errors.js";

export interface PermitsOptions extends Pick<LiveObject, "admission" | "admit" | "standing"> {
  readonly frames: Frames;
  readonly handovers: () => Handovers;
  /** Called when it has been found out that a socket's caller may still be told. */
  readonly onAdmitted: (connection: Connection) => void;
  readonly waitUntil: (work: Promise<void>) => void;
}

/** When a Worker's own socket lapses, which holds no token. */
export const NEVER = Number.MAX_SAFE_INTEGER;

interface Look {
  readonly admission: Admission;
  readonly standing: number | undefined;
}

/**
 * What a socket may be used for, asked at every message and every event. Closing is not revoking: a client that
 * ignores the close is still asked here, each time.
 */
export function createPermits({
  admission,
  admit,
  standing,
  frames,
  handovers,
  onAdmitted,
  waitUntil,
}: PermitsOptions) {
  const asking = new Map<Connection, Promise<void>>();
  // One look for all the sockets of a session while a flush is told: it is told in one go.
  let looks: Map<string, Look> | undefined;

  function look(caller: Caller): Look {
    const session = sessionOf(caller);
    const known = session === undefined ? undefined : looks?.get(session);
    if (known) return known;
    const now = { admission: admission(caller), standing: standing?.(caller) };
    if (session !== undefined) looks?.set(session, now);
    return now;
  }

  function isStale(connection: Connection): boolean {
    if (connection.lapses <= Date.now() || handovers().wasAsked(connection)) return true;
    return standing !== undefined && connection.standing !== look(connection.caller).standing;
  }

  /** The client is to come back on a new socket; meanwhile events wait. */
  function askBack(connection: Connection): void {
    if (!handovers().ask(connection)) return;
    if (connection.lapses === NEVER) connection.socket.close(CLOSE_COME_BACK, "Open the stream anew.");
    else connection.socket.send(frames.reconnect());
  }

  /** Whether a socket's caller may use it now. If not, the socket is closed. */
  function isAdmitted({ socket, caller }: Connection): boolean {
    const { admission: admitted } = look(caller);
    if (admitted === "over") socket.close(CLOSE_SESSION_ENDED, sessionEnded);
    if (admitted === "forbidden") socket.close(CLOSE_NO_MEMBER, noMember);
    return admitted === "alive" || admitted === "ask";
  }

  const mayUse = (connection: Connection): boolean =>
    connection.socket.readyState === WebSocket.OPEN && isAdmitted(connection);

  /** What is being found out about a socket's caller; `undefined` when all that matters is known. */
  function whenAdmitted(connection: Connection): Promise<void> | undefined {
    const underway = asking.get(connection);
    if (underway || !admit || handovers().wasAsked(connection) || !mayUse(connection)) return underway;
    const work = look(connection.caller).admission === "ask" ? admit(connection.caller) : undefined;
    if (!work) return undefined;
    const answer = work
      .then(
        () => true,
        () => false,
      )
      .then((admitted) => {
        asking.delete(connection);
        // A session that is over has closed its sockets; otherwise nobody could say.
        if (admitted) onAdmitted(connection);
        else if (connection.socket.readyState === WebSocket.OPEN) askBack(connection);
      });
    asking.set(connection, answer);
    return answer;
  }

  return {
    isStale,
    isAdmitted,
    mayUse,
    whenAdmitted,

    /** Whether a socket may be told something. If not now, its client or its caller's own object is asked. */
    mayReceive(connection: Connection): boolean {
      if (!mayUse(connection)) return false;
      const answer = whenAdmitted(connection);
      if (answer) waitUntil(answer);
      else if (isStale(connection)) askBack(connection);
      else return true;
      return false;
    },

    /** Runs work that asks for many sockets of a session, which is looked up once. */
    inOneLook(work: () => void): void {
      if (looks) return work();
      looks = new Map();
      try {
        work();
      } finally {
        // What was found out holds for this work alone: a session may end right after it.
        looks = undefined;
      }
    },

    beginFlush: (): void => void (looks = new Map()),
    endFlush: (): void => void (looks = undefined),
  };
}
