import type { TRPCMutationProcedure, TRPCQueryProcedure, TRPCSubscriptionProcedure } from "@trpc/server";
import { z } from "zod";
import type { PresenceMessage, PresentMember } from "../../shared/presence.js";
import { builtinRoot } from "../builtin-root.js";
import type { AppDefinition } from "../definition.js";
import { requireService } from "../services.js";
import type { Presence, PresenceInputOf, PresenceStateOf } from "./presence-api.js";
import type { OwnerPresence } from "./presence-definitions.js";

interface Definition<TInput, TOutput> {
  input: TInput;
  output: TOutput;
  meta: object;
}

interface ConnectionInput {
  /**
   * A name that the client chooses for its socket. `presence.watch` gives it to the socket, so that `presence.set` finds the socket
   * from a request over HTTP.
   * @default the socket on which the call arrives
   */
  readonly connection?: string | undefined;
}

interface WatchInput extends ConnectionInput {
  /** A client that resumes sends the id of its last event. */
  readonly lastEventId?: string | undefined;
}

interface StateInput<TState> extends ConnectionInput {
  readonly state: TState;
}

interface OfOrganization {
  readonly organizationId: string;
}

interface OfUser {
  readonly organizationId?: undefined;
}

/** The procedures of one or two kinds of owners. */
type PresenceProcedures<TState, TListInput, TWatchInput, TSetInput> = {
  /** Returns the people who are connected to the owner. @throws BAD_REQUEST (PRESENCE_NOT_DECLARED) */
  readonly list: TRPCQueryProcedure<Definition<TListInput | void, PresentMember<TState>[]>>;
  /** Sends everyone who is present, then the changes. @throws as `list` */
  readonly watch: TRPCSubscriptionProcedure<
    Definition<TWatchInput | void, AsyncIterable<{ id: string; data: PresenceMessage<TState> }, void>>
  >;
  /**
   * Sets the state of one connection.
   * @throws BAD_REQUEST (PRESENCE_NOT_DECLARED, PRESENCE_INVALID), PAYLOAD_TOO_LARGE (PRESENCE_TOO_LARGE), NOT_FOUND
   * (CONNECTION_NOT_FOUND)
   */
  readonly set: TRPCMutationProcedure<Definition<TSetInput, void>>;
};

type Input<TApp extends AppDefinition, TOwner extends keyof OwnerPresence> = StateInput<PresenceInputOf<TApp, TOwner>>;

/** The built-in `presence` procedures. A type alias, because tRPC does not accept an interface here. */
export type PresenceRouter<TApp extends AppDefinition> = PresenceProcedures<
  PresenceStateOf<TApp, "user"> | PresenceStateOf<TApp, "organization">,
  OfUser | OfOrganization,
  WatchInput & (OfUser | OfOrganization),
  (Input<TApp, "user"> & OfUser) | (Input<TApp, "organization"> & OfOrganization)
> & {
  readonly app: PresenceProcedures<PresenceStateOf<TApp, "app">, Record<never, never>, WatchInput, Input<TApp, "app">>;
};

const { ownerProcedure, ownerStateProcedure, appProcedure, appStateProcedure } = builtinRoot;

const presenceOf = (ctx: object): Presence<unknown> => (ctx as { readonly presence: Presence<unknown> }).presence;

function watch(ctx: object, connection: string | undefined, signal: AbortSignal | undefined) {
  if (connection !== undefined) requireService(ctx, "presence")().nameConnection(connection);
  return presenceOf(ctx).watch({ signal });
}

const connection = z.string().min(1).max(64).optional();
const lastEventId = z.string().optional();
const organizationId = z.string().optional();

const procedures = {
  list: ownerProcedure.input(z.strictObject({ organizationId }).optional()).query(({ ctx }) => presenceOf(ctx).list()),
  watch: ownerProcedure
    .input(z.strictObject({ connection, lastEventId, organizationId }).optional())
    .subscription(({ ctx, input, signal }) => watch(ctx, input?.connection, signal)),
  set: ownerStateProcedure
    .input(z.strictObject({ state: z.unknown(), connection, organizationId }))
    .mutation(({ ctx, input }) => requireService(ctx, "presence")().set(input.state, input.connection)),
  app: {
    list: appProcedure.input(z.strictObject({}).optional()).query(({ ctx }) => presenceOf(ctx).list()),
    watch: appProcedure
      .input(z.strictObject({ connection, lastEventId }).optional())
      .subscription(({ ctx, input, signal }) => watch(ctx, input?.connection, signal)),
    set: appStateProcedure
      .input(z.strictObject({ state: z.unknown(), connection }))
      .mutation(({ ctx, input }) => requireService(ctx, "presence")().set(input.state, input.connection)),
  },
};

/**
 * The built-in `presence` procedures of an app.
 *
 * @throws BAD_REQUEST (PRESENCE_NOT_DECLARED), UNAUTHORIZED (NOT_SIGNED_IN), FORBIDDEN (NOT_A_MEMBER); `set` also as
 * `PresenceService.set`
 */
export function createPresenceRouter<TApp extends AppDefinition>(): PresenceRouter<TApp> {
  // The object parses states by the schemas, as the types state.
  return procedures as unknown as PresenceRouter<TApp>;
}
