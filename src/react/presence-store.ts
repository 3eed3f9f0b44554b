import { getUntypedClient, type TRPCClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { stateOf } from "../client/client-state.js";
import type { PresenceMessage, PresentMember } from "../shared/presence.js";
import { randomId } from "../shared/random-id.js";

/** The owner to which a page is connected. */
export interface PresenceOwner {
  readonly organizationId?: string | undefined;
  readonly app?: boolean | undefined;
}

/** Who is connected, as a component shows it. */
export interface PresenceState<TMember> {
  /** `live` if `members` are current; `connecting` before, and while the connection is lost; `error` if it was refused. */
  readonly status: "connecting" | "live" | "error";
  /** The people who are connected, in the order of their ids. */
  readonly members: readonly TMember[];
  /** The last error; `null` without one. */
  readonly error: Error | null;
}

type Member = PresentMember<unknown>;

/** The presence of one owner, for all components of a page. */
export interface PresenceStore {
  readonly read: () => PresenceState<Member>;
  readonly subscribe: (listener: () => void) => () => void;
  /** Sets the state of this page's connection. */
  readonly setState: (state: unknown) => void;
}

export const CONNECTING: PresenceState<never> = { status: "connecting", members: [], error: null };

const stores = new WeakMap<object, Map<string, PresenceStore>>();

/** Returns the store of an owner. The components of a client share it, and so one subscription. */
export function presenceStoreOf<TRouter extends AnyTRPCRouter>(
  client: TRPCClient<TRouter>,
  { organizationId, app }: PresenceOwner,
): PresenceStore {
  const byOwner = stores.get(client) ?? new Map<string, PresenceStore>();
  stores.set(client, byOwner);
  const key = app ? "app:" : (organizationId ?? "");
  const store = byOwner.get(key) ?? createPresenceStore(client, { organizationId, app });
  byOwner.set(key, store);
  return store;
}

function createPresenceStore<TRouter extends AnyTRPCRouter>(
  client: TRPCClient<TRouter>,
  { organizationId, app }: PresenceOwner,
): PresenceStore {
  const untyped = getUntypedClient(client);
  const router = app ? "presence.app" : "presence";
  const target = { connection: randomId(), ...(organizationId !== undefined && { organizationId }) };
  const listeners = new Set<() => void>();
  const members = new Map<string, Member>();
  let current: PresenceState<Member> = CONNECTING;
  let stop: (() => void) | undefined;
  /** The state that the app has set, with its text, and the text that the server has. */
  let wanted: { readonly state: unknown; readonly text: string } | undefined;
  let sentText: string | undefined;
  let isSending = false;

  function show(changes: Partial<PresenceState<Member>>): void {
    current = { ...current, ...changes };
    for (const listener of listeners) listener();
  }

  function onMessage(message: PresenceMessage<unknown>): void {
    if (message.type === "sync") {
      members.clear();
      for (const member of message.members) members.set(member.userId, member);
      // The socket may be a new one, without the state.
      sentText = undefined;
    } else {
      for (const change of message.changes) {
        if (change.type === "leave") members.delete(change.userId);
        else members.set(change.member.userId, change.member);
      }
    }
    const sorted = [...members.values()].toSorted((one, other) => (one.userId < other.userId ? -1 : 1));
    show({ status: "live", members: sorted, error: null });
    void send();
  }

  /** Sends the state, one request after the other. What fails is sent again after the next reconnect. */
  async function send(): Promise<void> {
    if (isSending || current.status !== "live") return;
    isSending = true;
    try {
      while (wanted && wanted.text !== sentText && stop) {
        const { state, text } = wanted;
        sentText = text;
        await untyped.mutation(`${router}.set`, { ...target, state });
      }
    } catch (error) {
      if (stop) show({ error: error instanceof Error ? error : new Error(String(error)) });
    } finally {
      isSending = false;
    }
  }

  function end(): void {
    stop?.();
    stop = undefined;
    members.clear();
    sentText = undefined;
    current = CONNECTING;
  }

  function start(): void {
    const subscription = untyped.subscription(`${router}.watch`, target, {
      onData: (event) => onMessage((event as { readonly data: PresenceMessage<unknown> }).data),
      onConnectionStateChange({ state }) {
        if (state === "connecting" && current.status === "live") show({ status: "connecting" });
      },
      onError(error) {
        members.clear();
        show({ status: "error", members: [], error });
      },
    });
    // Another user of this page must not see whom the previous one saw.
    const stopListening = stateOf(client)?.signIn.listen(() => {
      end();
      start();
      show({});
    });
    stop = () => {
      subscription.unsubscribe();
      stopListening?.();
    };
  }

  return {
    read: () => current,

    subscribe(listener) {
      listeners.add(listener);
      if (!stop) start();
      return () => {
        listeners.delete(listener);
        // React unsubscribes and subscribes again when it mounts a component twice, or when a page replaces another.
        queueMicrotask(() => listeners.size === 0 && end());
      };
    },

    setState(state) {
      const text = JSON.stringify(state, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value));
      if (wanted?.text === text) return;
      wanted = { state, text };
      void send();
    },
  };
}
