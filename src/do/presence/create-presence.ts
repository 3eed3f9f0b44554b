import type { Caller } from "../../shared/caller.js";
import { sessionOf } from "../../shared/caller.js";
import type { PresenceChange, PresentConnection, PresentMember } from "../../shared/presence.js";
import type { ChangeHub } from "../change-log/change-hub.js";
import { readAttachment, type Attachment, type StoredPresence } from "../connections/attachment.js";
import { sessionTag, userTag } from "../connections/socket-tags.js";
import type { AlarmTask } from "../lifecycle/alarms.js";
import { decodeJson } from "../tables/codec/json-codec.js";
import { createDepartures } from "./departures.js";

/** The name under which watchers and live queries listen to presence. */
export const PRESENCE_TABLE = "_presence";

/** Minimum time between two messages to watchers, in milliseconds. The changes in between are sent together. */
const INTERVAL_MS = 250;

/** Approximate size of a change in a message, in bytes. */
const CHANGE_BYTES = 256;

export interface PresenceTrackerOptions {
  readonly state: Pick<DurableObjectState, "getWebSockets">;
  readonly sql: SqlStorage;
  readonly isInitialized: () => boolean;
  /** How long a lost connection stays present, in milliseconds. */
  readonly graceMs: number;
  /** Sets the alarm of the object. */
  readonly arm: () => void;
  /** Returns the hub; `undefined` if nobody has subscribed to anything since the object started. */
  readonly hub: () => ChangeHub | undefined;
  /** Stores the presence of a socket. */
  readonly store: (socket: WebSocket, presence: StoredPresence) => void;
}

/** A socket whose presence is stored. */
interface PresentSocket {
  readonly socket: WebSocket;
  readonly attachment: Attachment & { readonly presence: StoredPresence };
}

/**
 * Tracks who is connected to an owner. The state of a connection is in its socket's attachment, and is only read when it is needed.
 * A person's message to watchers contains all of the person's connections, so that messages can be merged.
 */
export function createPresenceTracker(options: PresenceTrackerOptions) {
  const { state, isInitialized, graceMs, arm, hub, store } = options;
  const departures = createDepartures(options.sql);
  /** The people whose connections have changed since the last message, and whether they were present then. */
  const changed = new Map<string, boolean>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let sentAt = -Infinity;

  function presentSockets(tag?: string): PresentSocket[] {
    return state.getWebSockets(tag).flatMap((socket) => {
      if (socket.readyState !== WebSocket.OPEN) return [];
      const attachment = readAttachment(socket);
      const presence = attachment?.presence;
      return attachment && presence ? [{ socket, attachment: { ...attachment, presence } }] : [];
    });
  }

  function membersOf(sockets: readonly PresentSocket[], userId?: string): PresentMember<unknown>[] {
    const members = new Map<string, PresentConnection<unknown>[]>();
    const add = (user: string, id: string, { since, state: text }: Omit<StoredPresence, "name">): void => {
      const connections = members.get(user) ?? [];
      members.set(user, connections);
      connections.push({ id, state: text === undefined ? null : decodeJson(text), since: new Date(since) });
    };
    for (const { attachment } of sockets) {
      const { caller, key, presence } = attachment;
      if (caller.type === "user") add(caller.userId, key, presence);
    }
    for (const { userId: user, connection, ...departure } of isInitialized() ? departures.list(userId) : [])
      add(user, connection, departure);
    return Array.from(members, ([user, connections]) => ({
      userId: user,
      connections: connections.toSorted((one, other) => Number(one.since) - Number(other.since)),
    })).toSorted((one, other) => (one.userId < other.userId ? -1 : 1));
  }

  const memberOf = (userId: string): PresentMember<unknown> | undefined =>
    membersOf(presentSockets(userTag(userId)), userId)[0];

  function send(): void {
    timer = undefined;
    sentAt = Date.now();
    const users = [...changed];
    changed.clear();
    // Nobody watches an object that was deleted meanwhile.
    if (!isInitialized()) return;
    const changes = users.flatMap(([userId, wasPresent]): PresenceChange<unknown>[] => {
      const member = memberOf(userId);
      if (member) return [{ type: wasPresent ? "update" : "join", member }];
      return wasPresent ? [{ type: "leave", userId }] : [];
    });
    if (changes.length === 0) return;
    const bytes = changes.length * CHANGE_BYTES;
    hub()?.announceUpdate(PRESENCE_TABLE, { change: { type: "changes", changes }, bytes });
  }

  function onChange(userId: string, wasPresent: boolean): void {
    if (!changed.has(userId)) changed.set(userId, wasPresent);
    // A pending timer keeps the object awake, but not longer than the interval.
    timer ??= setTimeout(send, Math.max(0, sentAt + INTERVAL_MS - Date.now()));
  }

  function findSocket(caller: Caller, matches: (attachment: PresentSocket["attachment"]) => boolean) {
    const session = sessionOf(caller);
    return session === undefined
      ? undefined
      : presentSockets(sessionTag(session)).find(({ attachment }) => matches(attachment));
  }

  const task: AlarmTask = {
    name: "presence",
    due: () => (isInitialized() ? departures.nextEnd() : undefined),
    run(now) {
      for (const userId of departures.deleteEnded(now)) onChange(userId, true);
      clearTimeout(timer);
      send();
    },
  };

  return {
    task,

    list: (): PresentMember<unknown>[] => membersOf(presentSockets()),

    /** Called before a socket is accepted. Returns what is stored with it; `undefined` if its caller is not a signed-in user. */
    onOpen(caller: Caller): StoredPresence | undefined {
      const session = sessionOf(caller);
      if (caller.type !== "user" || session === undefined) return undefined;
      const { userId } = caller;
      const wasPresent = memberOf(userId) !== undefined;
      const departure = isInitialized() ? departures.take(userId, session) : undefined;
      onChange(userId, wasPresent);
      return {
        since: departure?.since ?? Date.now(),
        ...(departure?.state !== undefined && { state: departure.state }),
      };
    },

    /** Called when a socket was closed. It stays present for the grace period, unless no other socket is open: then nobody could see it. */
    onClose(socket: WebSocket, { caller, key, presence }: Attachment): void {
      const session = sessionOf(caller);
      if (caller.type !== "user" || session === undefined || !presence || !isInitialized()) return;
      const { userId } = caller;
      const isOther = (other: WebSocket): boolean => other !== socket && other.readyState === WebSocket.OPEN;
      if (!state.getWebSockets().some(isOther)) return;
      if (graceMs === 0) return onChange(userId, true);
      const isFirst = departures.isEmpty();
      // In whole seconds, so that people who leave at the same time leave together.
      const leavesAt = Math.ceil((Date.now() + graceMs) / 1_000) * 1_000;
      const departure = { connection: key, userId, sessionId: session, state: presence.state, since: presence.since };
      departures.add(departure, leavesAt);
      if (isFirst) arm();
    },

    /** Called when access of a user or a session was revoked, after its sockets were closed. Its people leave at once. */
    onRevoke(by: { readonly column: "user" | "session"; readonly id: string }, userIds: Iterable<string>): void {
      const left = isInitialized() ? departures.deleteOf(by.column, by.id) : [];
      for (const userId of new Set([...userIds, ...left])) onChange(userId, true);
    },

    /** Gives a socket of the caller the name that its client chose. */
    nameConnection(caller: Caller, key: string | undefined, name: string): void {
      const found = findSocket(caller, (attachment) => attachment.key === key);
      if (found && found.attachment.presence.name !== name) store(found.socket, { ...found.attachment.presence, name });
    },

    /** Sets the state of a socket of the caller, by its name or its key. Returns whether it was found. */
    set(
      caller: Caller,
      by: { readonly key: string | undefined; readonly name: string | undefined },
      text: string,
    ): boolean {
      const found = findSocket(caller, ({ key, presence }) =>
        by.name === undefined ? key === by.key : presence.name === by.name,
      );
      if (!found || caller.type !== "user") return false;
      const { presence } = found.attachment;
      if (presence.state === text) return true;
      store(found.socket, { ...presence, state: text });
      onChange(caller.userId, true);
      return true;
    },
  };
}

export type PresenceTracker = ReturnType<typeof createPresenceTracker>;
