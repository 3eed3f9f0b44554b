import type { Cursor } from "../../shared/cursor.js";
import type { StoredSubscription } from "../connections/attachment.js";
import type { Connection } from "../connections/connection.js";
import type { Frames } from "../connections/frames.js";
import { cannotResume } from "../connections/socket-errors.js";
import type { Subscription } from "../connections/subscription.js";
import type { Position } from "../change-log/flush.js";
import { pumpStream } from "./stream-pump.js";
import type { OpenedResult, Start } from "./stream-scope.js";

export interface GeneratorDeliveryOptions {
  readonly frames: Frames;
  /** Returns whether events may be sent to a socket now. */
  readonly authorizeDelivery: (connection: Connection) => boolean;
  /** Resolves when a pending access check is done; returns `undefined` if no check is needed. */
  readonly whenResolved: (connection: Connection) => Promise<void> | undefined;
  /** Keeps the object awake until the work is done. */
  readonly waitUntil: (work: Promise<void>) => void;
  /** Called when a generator starts: it may have to be resumed after hibernation. */
  readonly onGenerator: () => void;
  /** Adds a subscription to those that changes of a table concern. */
  readonly listen: (subscription: Subscription, table: string) => void;
  /** Runs the procedure of a dormant subscription. */
  readonly open: (subscription: Subscription, start?: Start) => Promise<void>;
  readonly update: (subscription: Subscription, change: Partial<StoredSubscription>) => void;
  readonly fallBehind: (subscription: Subscription, position: Position) => void;
  readonly end: (subscription: Subscription, frame: string) => void;
  readonly fail: (subscription: Subscription, cause: unknown) => void;
}

/** Sends the values of the app's generators, and resumes the generators after hibernation. */
export function createGeneratorDelivery(options: GeneratorDeliveryOptions) {
  const { frames, authorizeDelivery, whenResolved, waitUntil, open, update, fallBehind, end, fail } = options;

  /** Resumes a dormant generator, or ends it if its position is unknown. */
  async function resume(subscription: Subscription): Promise<void> {
    const { stored, catchUpFrom } = subscription;
    if (stored.kind === "tracked") return open(subscription);
    if (stored.kind === "silent" && catchUpFrom)
      return open(subscription, { tables: stored.tables, after: catchUpFrom.after });
    fail(subscription, cannotResume());
  }

  /** Called when a table has changed that a generator listens to. A running generator reads the change itself. */
  function onChange(subscription: Subscription, from: Cursor): void {
    const { connection, stored, phase } = subscription;
    // If the client reconnects before the generator has yielded, the generator must start again from here.
    if (stored.kind === "silent" && !subscription.catchUpFrom) subscription.fallBehind({ after: from });
    // A running generator checks the access itself before each value.
    const resolved = phase === "running" ? undefined : whenResolved(connection);
    if (resolved)
      return waitUntil(resolved.then(() => (subscription.hasEnded ? undefined : onChange(subscription, from))));
    if (authorizeDelivery(connection)) {
      if (phase === "dormant") waitUntil(resume(subscription));
    } else if (subscription.catchUpFrom && stored.kind === "silent" && stored.cursor === undefined) {
      // The client has no event id to resume from, so the position is stored.
      fallBehind(subscription, subscription.catchUpFrom);
    }
  }

  return {
    onChange,

    /** Starts to send the values of an iterable. */
    run(subscription: Subscription, opened: Extract<OpenedResult, { kind: "iterable" }>): void {
      const { connection, stored } = subscription;
      subscription.run(opened.controller);
      options.onGenerator();
      opened.onListen((table) => {
        if (subscription.stored.tables.includes(table)) return;
        update(subscription, { tables: [...subscription.stored.tables, table] });
        options.listen(subscription, table);
      });
      void pumpStream({
        iterable: opened.iterable,
        signal: opened.controller.signal,
        hasRoom: connection.whenReady,
        async ready() {
          await connection.whenReady();
          await whenResolved(connection);
          return !subscription.hasEnded && authorizeDelivery(connection);
        },
        onTracked(id, data) {
          subscription.advanceTo(undefined);
          connection.send(frames.withEvent(stored, frames.event(id, data)));
          // The id is the app's own. It cannot be derived from the change log, so it is stored.
          update(subscription, { kind: "tracked", cursor: id });
        },
        onValue(data) {
          subscription.advanceTo(undefined);
          const { kind, cursor } = subscription.stored;
          connection.send(frames.data(stored, data, kind === "tracked" ? cursor : undefined));
          if (kind === "silent") update(subscription, { kind: "untracked" });
        },
        // tRPC delivers the return value of a streamed query, and ignores that of a subscription.
        onEnd: (returned) =>
          end(subscription, frames.stopped(stored, stored.type === undefined ? undefined : returned)),
        onError: (cause) => fail(subscription, cause),
      });
    },

    /** Resumes a restored generator if no table would wake it. */
    resumeUnlessListening(subscription: Subscription): void {
      const { connection, stored, phase } = subscription;
      if (phase !== "dormant" || stored.kind === "source") return;
      if (stored.kind !== "untracked" && stored.tables.length > 0) return;
      const resumeNow = (): Promise<void> | undefined =>
        !subscription.hasEnded && authorizeDelivery(connection) ? resume(subscription) : undefined;
      const resolved = whenResolved(connection);
      const work = resolved ? resolved.then(resumeNow) : resumeNow();
      if (work) waitUntil(work);
    },
  };
}
