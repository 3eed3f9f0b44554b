import { createTRPCClient, TRPCClientError, type TRPCClient, type TRPCLink } from "@trpc/client";
import { observable, type Observer } from "@trpc/server/observable";
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
  const flushed = new Set<(organizationId: string | undefined) => void>();
  let answer: (path: string, input: unknown) => unknown = () => Promise.reject(new Error("No HTTP in this test."));
  let first: ((path: string, input: unknown) => unknown) | undefined;
  let ids = 0;

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

  const tell = ({ observer }: Subscriber, data: unknown): void =>
    observer.next({ result: { type: "data", data: { id: String(++ids), data } } } as never);
  const of = (path: string, matches: (input: unknown) => boolean = () => true): Subscriber[] =>
    [...subscribers].filter((each) => each.path === path && matches(each.input));

  const client: TRPCClient<AppRouter> = createTRPCClient<AppRouter>({ links: [link] });
  return {
    client,
    asked,
    opened,
    open: () => [...subscribers].map(({ path, input }) => ({ path, input })),
    onFlushed(listener: (organizationId: string | undefined) => void) {
      flushed.add(listener);
      return () => flushed.delete(listener);
    },
    /** What a subscription is told first. */
    firstIs: (result: typeof first) => void (first = result),
    /** What a call over HTTP is answered. */
    answerIs: (result: typeof answer) => void (answer = result),
    /** Tells a query's subscribers a result. */
    tell(path: string, data: unknown, matches?: (input: unknown) => boolean): void {
      for (const each of of(path, matches)) tell(each, data);
    },
    /** Says that all of a flush was told. */
    flush(organizationId?: string): void {
      for (const listener of flushed) listener(organizationId);
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
