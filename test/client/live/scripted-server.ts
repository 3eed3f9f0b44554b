import { createTRPCClient, TRPCClientError, type TRPCClient, type TRPCLink } from "@trpc/client";
import { observable, type Observer } from "@trpc/server/observable";
import { createClientState, rememberState } from "../../../src/client/client-state.js";
import { formatCursor } from "../../../src/shared/cursor.js";
import type { AppRouter } from "../../fixtures/app/router.js";

interface Subscriber {
  readonly path: string;
  readonly input: unknown;
  readonly observer: Observer<never, never>;
}

/** The scripted server side of a connection: records subscriptions, and sends what the test chooses. */
export function createScriptedServer() {
  const subscribers = new Set<Subscriber>();
  const opened: { readonly path: string; readonly input: unknown }[] = [];
  /** The requests over HTTP. */
  const requests: { readonly path: string; readonly input: unknown }[] = [];
  const state = createClientState({});
  const { acks } = state;
  let response: (path: string, input: unknown) => unknown = () => Promise.reject(new Error("No HTTP in this test."));
  let first: ((path: string, input: unknown) => unknown) | undefined;
  /** The current end of the log. */
  let head = 0;
  const cursorAt = (seq: number): string => formatCursor({ seq, nonce: "0123456789abcdef" });

  const link: TRPCLink<AppRouter> =
    () =>
    ({ op }) =>
      observable((observer) => {
        const { type, path, input } = op;
        if (type !== "subscription") {
          requests.push({ path, input });
          Promise.resolve()
            .then(() => response(path, input))
            .then(
              (data) => {
                observer.next({ result: { type: "data", data } });
                observer.complete();
              },
              (error: Error) => observer.error(TRPCClientError.from(error)),
            );
          return undefined;
        }
        if (path !== "_live") throw new Error(`Unexpected subscription: ${path}.`);
        const call = input as { path: string; input: unknown };
        const subscriber: Subscriber = { ...call, observer: observer as never };
        subscribers.add(subscriber);
        opened.push(call);
        setTimeout(() => {
          if (!subscribers.has(subscriber)) return;
          observer.next({ result: { type: "state", state: "pending", error: null } });
          observer.next({ result: { type: "started" } });
          if (first) send(subscriber, first(call.path, call.input));
        }, 0);
        return () => void subscribers.delete(subscriber);
      });

  const send = ({ observer }: Subscriber, data: unknown, position = ++head): void =>
    observer.next({ result: { type: "data", data: { id: `${cursorAt(position)}.hash`, data } } } as never);
  const of = (path: string, matches: (input: unknown) => boolean = () => true): Subscriber[] =>
    [...subscribers].filter((each) => each.path === path && matches(each.input));

  const client: TRPCClient<AppRouter> = createTRPCClient<AppRouter>({ links: [link] });
  rememberState(client, state);
  return {
    client,
    requests,
    opened,
    open: () => [...subscribers].map(({ path, input }) => ({ path, input })),
    /** Sets the first result of a subscription. */
    setFirst: (result: typeof first) => void (first = result),
    /** Sets the response of a call over HTTP. */
    setAnswer: (result: typeof response) => void (response = result),
    /** Writes something, and returns the end of the log afterwards. */
    write: (): number => ++head,
    /**
     * Replies to a mutation that has written up to this cursor. Returns whether the live queries had shown it in time.
     */
    reply: (position: number): Promise<boolean> => acks.waitFor(undefined, cursorAt(position)),
    /** A live query of the user starts: mutations wait for it. */
    begin: (): (() => void) => acks.begin(undefined),
    /** The user's socket loses its connection. */
    lose: (): void => acks.closed(undefined),
    /** Sets the response of a query when the client polls live queries over HTTP, because the socket is lost. */
    setPolled(path: string, result: () => unknown): void {
      acks.setPoller(undefined, () => {
        const complete = acks.beginRound(undefined);
        setTimeout(() => {
          const data = { id: "", data: result(), polled: true };
          for (const { observer } of of(path)) observer.next({ result: { type: "data", data } } as never);
          complete();
        }, 0);
      });
    },
    /** Sends a result to a query's subscribers, with the end of the log at that time. */
    send(path: string, data: unknown, matches?: (input: unknown) => boolean, position?: number): void {
      for (const each of of(path, matches)) send(each, data, position);
    },
    /** Sends that all messages of a flush were sent. */
    flush(organizationId?: string): void {
      acks.flushed(organizationId, cursorAt(head));
    },
    state(state: "connecting" | "pending", error?: Error): void {
      for (const { observer } of subscribers) {
        observer.next({ result: { type: "state", state, error: error ? TRPCClientError.from(error) : null } } as never);
        if (state === "pending") observer.next({ result: { type: "started" } } as never);
      }
    },
    fail(path: string, error: Error): void {
      for (const each of of(path)) {
        subscribers.delete(each);
        each.observer.error(TRPCClientError.from(error) as never);
      }
    },
  };
}
