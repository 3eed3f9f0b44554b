import type { TRPCSubscriptionProcedure } from "@trpc/server";
import { z } from "zod";
import type { Caller } from "../../shared/caller.js";
import { builtinRoot } from "../builtin-root.js";
import type { AppDefinition } from "../definition.js";
import { ReasonedError } from "../reasoned-error.js";
import type { EventOwner } from "./event-definitions.js";
import type { EventMessage, Events, EventsOf } from "./events-api.js";

interface Definition<TInput, TOutput> {
  input: TInput;
  output: TOutput;
  meta: object;
}

type Message<TApp extends AppDefinition, TOwner extends EventOwner> = EventMessage<EventsOf<TApp, TOwner>>;
type Names<TApp extends AppDefinition, TOwner extends EventOwner> = readonly (keyof EventsOf<TApp, TOwner> & string)[];
type Stream<TMessage> = AsyncIterable<{ id: string; data: TMessage }, void>;

interface Resumable {
  /** A client that resumes sends the id of its last event. */
  readonly lastEventId?: string | undefined;
}

type ListenInput<TApp extends AppDefinition> =
  | (Resumable & {
      /** @default all events of the user */
      readonly names?: Names<TApp, "user"> | undefined;
      readonly organizationId?: undefined;
    })
  | (Resumable & {
      /** @default all events of the organization */
      readonly names?: Names<TApp, "organization"> | undefined;
      readonly organizationId: string;
    })
  | void;

/** The built-in `events` procedures. A type alias, because tRPC does not accept an interface here. */
export type EventsRouter<TApp extends AppDefinition> = {
  readonly listen: TRPCSubscriptionProcedure<
    Definition<ListenInput<TApp>, Stream<Message<TApp, "user"> | Message<TApp, "organization">>>
  >;
  readonly app: {
    readonly listen: TRPCSubscriptionProcedure<
      Definition<
        | (Resumable & {
            /** @default all events of the app */
            readonly names?: Names<TApp, "app"> | undefined;
          })
        | void,
        Stream<Message<TApp, "app">>
      >
    >;
  };
};

const { ownerProcedure, appProcedure } = builtinRoot;

/** The events of the object that runs a call. Their names are what the caller sent. */
const eventsOf = (ctx: object): Events<Record<string, z.ZodUnknown>> =>
  (ctx as { readonly events: Events<Record<string, z.ZodUnknown>> }).events;

const names = z.array(z.string()).min(1).max(1_000).optional();
const lastEventId = z.string().optional();

const procedures = {
  listen: ownerProcedure
    .input(z.strictObject({ names, lastEventId, organizationId: z.string().optional() }).optional())
    .subscription(({ ctx, input, signal }) => eventsOf(ctx).listen({ names: input?.names, signal })),
  app: {
    listen: appProcedure
      .input(z.strictObject({ names, lastEventId }).optional())
      .subscription(({ ctx, input, signal }) => eventsOf(ctx).listen({ names: input?.names, signal })),
  },
};

/**
 * The built-in `events` procedures of an app.
 *
 * @throws BAD_REQUEST (EVENT_UNKNOWN), UNAUTHORIZED (NOT_SIGNED_IN), FORBIDDEN (NOT_A_MEMBER)
 */
export function createEventsRouter<TApp extends AppDefinition>(): EventsRouter<TApp> {
  // `ctx.events` validates names and data, as the types state.
  return procedures as unknown as EventsRouter<TApp>;
}

/** Emits an event for `createCaller(…).emit`. Clients are refused before their input is read: only the app's own code emits. */
export const emitProcedure = ownerProcedure
  .use(({ ctx, next }) => {
    const { caller } = ctx as { readonly caller?: Caller };
    if (caller?.type === "system" || (caller?.type === "user" && caller.via === "rpc")) return next();
    throw new ReasonedError({
      code: "FORBIDDEN",
      reason: "SYSTEM_ONLY",
      message:
        "Only the app's own code can emit events. Write a procedure that calls `ctx.events.emit`, or call " +
        "createCaller(env.BINDING).emit in a Worker.",
    });
  })
  .input(z.object({ name: z.string(), data: z.unknown().optional() }))
  .mutation(({ ctx, input: { name, data } }) => eventsOf(ctx).emit(name, data));
