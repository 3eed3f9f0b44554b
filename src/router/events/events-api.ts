import type { TrackedEnvelope } from "@trpc/server";
import type { z } from "zod";
import type { AppDefinition } from "../definition.js";
import type { EventDefinitions, EventOwner, TransientEvent } from "./event-definitions.js";

/** The events of one kind of owner in an app's definition. */
export type EventsOf<TApp extends AppDefinition, TOwner extends EventOwner> = TApp["events"] extends {
  readonly [TKey in TOwner]: infer TDefinitions extends EventDefinitions;
}
  ? TDefinitions
  : Record<never, never>;

type SchemaOf<TEvent> = TEvent extends TransientEvent<infer TSchema> ? TSchema : TEvent;

type NameOf<TDefinitions> = keyof TDefinitions & string;

/** The data that `emit` accepts for an event. */
export type EventInput<TDefinitions, TName extends keyof TDefinitions> = z.input<SchemaOf<TDefinitions[TName]>>;

/**
 * An event as listeners receive it.
 *
 * `reset` means that the events since the cursor are unknown, because they were pruned, or because the cursor belongs to another
 * object or to a state that was rolled back. Read again what the events are about.
 */
export type EventMessage<TDefinitions, TName extends keyof TDefinitions = keyof TDefinitions> =
  | {
      readonly [TKey in TName]: {
        readonly type: "event";
        readonly name: TKey;
        readonly data: z.output<SchemaOf<TDefinitions[TKey]>>;
      };
    }[TName]
  | { readonly type: "reset" };

/** Emits the events of one owner. */
export interface EventEmitter<TDefinitions> {
  /**
   * Sends an event to the owner's listeners. In a transaction, it is delivered when the transaction commits, and not if it is rolled
   * back. Synchronous.
   *
   * @throws TRPCError BAD_REQUEST for a name that the app does not declare (EVENT_UNKNOWN) and data that does not match the
   * event's schema (EVENT_INVALID), PAYLOAD_TOO_LARGE (EVENT_TOO_LARGE) above 32 KiB, METHOD_NOT_SUPPORTED (LIVE_QUERY_WRITES)
   * in a live query
   * @example
   * ```ts
   * ctx.events.emit("notification", { text: "Your export is ready." });
   * ```
   */
  emit<TName extends NameOf<TDefinitions>>(name: TName, data: EventInput<TDefinitions, TName>): void;
}

/** Which events to listen to. */
export interface ListenOptions<TName extends string> {
  /**
   * The names of the events.
   * @default all events of the owner
   */
  readonly names?: readonly TName[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The events of one owner. */
export interface Events<TDefinitions> extends EventEmitter<TDefinitions> {
  /**
   * Yields events as they are committed, for a `.subscription`. A client that reconnects first receives the stored events since its
   * last one, or one `reset` if the change log no longer goes back that far.
   *
   * @throws TRPCError BAD_REQUEST (EVENT_UNKNOWN) for a name that the app does not declare
   * @see docs/events.md
   * @example
   * ```ts
   * notifications: t.userProcedure.subscription(({ ctx, signal }) =>
   *   ctx.events.listen({ names: ["notification"], signal }),
   * ),
   * ```
   */
  listen<TName extends NameOf<TDefinitions> = NameOf<TDefinitions>>(
    options?: ListenOptions<TName>,
  ): AsyncIterable<TrackedEnvelope<EventMessage<TDefinitions, TName>>>;
}
