import type { ClientSessions } from "./client-sessions.js";
import { createListeners, type Listeners } from "./listeners.js";
import type { OtherTabs } from "./other-tabs.js";
import type { RetryListener, RetryStatus } from "./retry-status.js";
import type { SessionWatch } from "./session-watch.js";
import type { SignInListener } from "./sign-in-events.js";
import type { TokenStore } from "./token-keeper.js";
import { createWriteAcks, type WriteAcks } from "./write-acks.js";

/** The state of a client that other functions of this package use. */
export interface ClientState {
  readonly options: ClientStateOptions;
  readonly acks: WriteAcks;
  readonly signIn: Listeners<Parameters<SignInListener>>;
  readonly retries: Listeners<[RetryStatus]>;
  /** The calls that are being sent again; `undefined` before the first one. */
  retryStatus?: RetryStatus;
  /** The client's connection to the other tabs, in a browser. */
  tabs?: OtherTabs | undefined;
  sessions?: ClientSessions;
  watch?: SessionWatch;
}

/** The options of a client that are part of its state. */
export interface ClientStateOptions {
  readonly liveTimeout?: number;
  readonly retries?: number;
  readonly onRetryStatus?: RetryListener;
  readonly tokens?: TokenStore;
}

export function createClientState(options: ClientStateOptions): ClientState {
  return {
    options,
    acks: createWriteAcks(options.liveTimeout),
    signIn: createListeners(),
    retries: createListeners(),
  };
}

// A tRPC client is a proxy that returns a value for any property, so state cannot be stored on it.
const states = new WeakMap<object, ClientState>();

export function rememberState(client: object, state: ClientState): void {
  states.set(client, state);
}

/** Returns the state of a client; `undefined` for a client that `createClient` did not create. */
export function stateOf(client: object): ClientState | undefined {
  return states.get(client);
}
