import { createTRPCClient, TRPCClientError, type TRPCClient, type TRPCLink } from "@trpc/client";
import { observable, type Observer } from "@trpc/server/observable";
import { createWriteAcks, rememberWriteAcks } from "../../../src/client/write-acks.js";
import { formatCursor } from "../../../src/shared/cursor.js";
import type { AppRouter } from "../../fixtures/app/router.js";

interface Subscriber {
  readonly path: string;
  readonly input: unknown;
  readonly observer: Observer<never, never>;
}

/** The server's end of a connection, by hand: what is subscribed to, and what is told when. */
export function createScriptedServer() {
  const subscribers = new Set<Subscriber>();
  const opened: { readonly path: string; readonly input: unknown }[] = [];
  /** What was asked over HTTP. */
  const asked: { readonly path: string; readonly input: unknown }[] = [];
  const acks = createWriteAcks();
  let answer: (path: string, input: unknown) => unknown = () => Promise.reject(new Error("No HTTP in this test."));
  let first: ((path: string, input: unknown) => unknown) | undefined;
  /** How far the log goes. */
  let head = 0;
  const cursorAt = (seq: number): string => formatCursor({ seq, nonce: "0123456789abcdef" });

  const link: TRPCLink<AppRouter> =
    () =>
    ({ op }) =>
      observable((observer) => {
        const { type, path, input } = op;
        if (type !== "subscription") {
          asked.push({ path, input });
          Promise.resolve()
            .then(() => answer(path, input))
            .then(
              (data) => {
                observer.next({ result: { type: "data", data } });
                observer.complete();
              },
              (error: Error) => observer.error(TRPCClientError.from(error)),
            );
          return undefined;
        }
        if (path !== "_live") throw new Error(`What is ${path}?`);
        const call = input as { path: string; input: unknown };
        const subscriber: Subscriber = { ...call, observer: observer as never };
        subscribers.add(subscriber);
        opened.push(call);
        setTimeout(() => {
          if (!subscribers.has(subscriber)) return;
          observer.next({ result: { type: "state", state: "pending", error: null } });
          observer.next({ result: { type: "started" } });
          if (first) tell(subscriber, first(call.path, call.input));
        }, 0);
        return () => void subscribers.delete(subscriber);
      });

  const tell = ({ observer }: Subscriber, data: unknown, position = ++head): void =>
    observer.next({ result: { type: "data", data: { id: `${cursorAt(position)}.hash`, data } } } as never);
  const of = (path: string, matches: (input: unknown) => boolean = () => true): Subscriber[] =>
    [...subscribers].filter((each) => each.path === path && matches(each.input));

  const client: TRPCClient<AppRouter> = createTRPCClient<AppRouter>({ links: [link] });
  rememberWriteAcks(client, acks);
  return {
    client,
    asked,
    opened,
    open: () => [...subscribers].map(({ path, input }) => ({ path, input })),
    /** What a subscription is told first. */
    firstIs: (result: typeof first) => void (first = result),
    /** What a call over HTTP is answered. */
    answerIs: (result: typeof answer) => void (answer = result),
    /** Something is written: how far the log goes then. */
    write: (): number => ++head,
    /** A mutation is answered, that has written so far. Answers whether the live queries had shown it in time. */
    answered: (position: number): Promise<boolean> => acks.waitFor(undefined, cursorAt(position)),
    /** A live query of the user begins: mutations wait for it. */
    begin: (): (() => void) => acks.begin(undefined),
    /** The socket of the user is lost. */
    lose: (): void => acks.closed(undefined),
    /** What a query is answered when the user's live queries are read over HTTP, because the socket is lost. */
    pollIs(path: string, result: () => unknown): void {
      acks.setPoller(undefined, () => {
        const complete = acks.beginRound(undefined);
        setTimeout(() => {
          const data = { id: "", data: result(), polled: true };
          for (const { observer } of of(path)) observer.next({ result: { type: "data", data } } as never);
          complete();
        }, 0);
      });
    },
    /** Tells a query's subscribers a result, of how far the log went then. */
    tell(path: string, data: unknown, matches?: (input: unknown) => boolean, position?: number): void {
      for (const each of of(path, matches)) tell(each, data, position);
    },
    /** Says that all of a flush was told. */
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
