import { vi } from "vitest";
import { createControlledHttp } from "./controlled-http.js";
import { createControlledSockets } from "./controlled-sockets.js";
import { createJournal } from "./journal.js";
import { openTab, type Tab } from "./open-tab.js";
import { createSharedStore } from "./shared-store.js";
import { createTokenServer } from "./token-server.js";

/** Taken before the timers are replaced. */
const setRealImmediate = setImmediate;

/** Runs the microtasks, and the tasks of the platform between them. */
export async function runTasks(rounds = 3): Promise<void> {
  for (let round = 0; round < rounds; round++) await new Promise<void>((resolve) => void setRealImmediate(resolve));
}

/** Moves the clock, in milliseconds, and runs the timers that are due. */
export async function wait(ms: number): Promise<void> {
  vi.advanceTimersByTime(ms);
  await runTasks();
}

export interface BrowserOptions {
  /** User a is signed in before the tabs open. */
  readonly startsSignedIn: boolean;
  /** How long the token store takes to read or to write, in milliseconds. */
  readonly storeDelay: number;
  readonly tabs: number;
}

/** A browser of two users, its tabs with one token store, and the server. */
export async function openSharedBrowser({ startsSignedIn, storeDelay, tabs: count }: BrowserOptions) {
  const server = createTokenServer();
  const store = createSharedStore({ delay: storeDelay, tokens: startsSignedIn ? server.signIn("a") : undefined });
  const journal = createJournal();
  const http = createControlledHttp(server, journal.reply);
  const sockets = createControlledSockets(server);
  const options = { journal, fetch: http.fetch, WebSocket: sockets.WebSocket, tokens: store.store };
  const tabs = Array.from({ length: count }, () => openTab(options));

  async function advance(): Promise<void> {
    for (const socket of sockets.opened) {
      socket.open();
      socket.emit();
      socket.deliver();
      socket.deliver();
    }
    for (const request of http.pending.slice()) request.reply("granted");
    await wait(500);
  }

  /** Replies to every waiting request, until nothing happens any more. */
  async function finish(): Promise<void> {
    for (let round = 0; round < 100; round++) {
      await advance();
      if (tabs.every((tab) => tab.isAtRest()) && http.pending.length === 0) return;
    }
    throw new Error("A call did not settle.");
  }

  async function userOf(tab: Tab): Promise<string> {
    let found: string | undefined;
    void tab.check().then((user) => (found = user));
    for (let round = 0; found === undefined && round < 100; round++) await advance();
    return found ?? "none";
  }

  return {
    server,
    store,
    tabs,
    requests: http.pending,
    /** The sockets that are not closed yet, the newest first. */
    liveSockets: () => sockets.opened.filter((socket) => !socket.isClosed()).toReversed(),
    problems: (): readonly string[] => journal.check(server.acts),
    finish,
    /** The user that each tab knows, after it has processed the changes of other tabs. */
    async users(): Promise<string[]> {
      const users: string[] = [];
      for (const tab of tabs) {
        let user = "changed";
        for (let tries = 0; user === "changed" && tries < 4; tries++) user = await userOf(tab);
        users.push(user);
      }
      return users;
    },
  };
}

export type SharedBrowser = Awaited<ReturnType<typeof openSharedBrowser>>;
