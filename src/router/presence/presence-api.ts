import type { TrackedEnvelope } from "@trpc/server";
import type { z } from "zod";
import type { PresenceMessage, PresentMember } from "../../shared/presence.js";
import type { AppDefinition } from "../definition.js";
import type { OwnerPresence } from "./presence-definitions.js";

type SchemaOf<TApp extends AppDefinition, TOwner extends keyof OwnerPresence> = TApp["presence"] extends {
  readonly [TKey in TOwner]: infer TSchema extends z.core.$ZodType;
}
  ? TSchema
  : never;

/** The state of a connection to one kind of owner; `never` without presence. */
export type PresenceStateOf<TApp extends AppDefinition, TOwner extends keyof OwnerPresence> = z.output<
  SchemaOf<TApp, TOwner>
>;

/** The state that a client sets. */
export type PresenceInputOf<TApp extends AppDefinition, TOwner extends keyof OwnerPresence> = z.input<
  SchemaOf<TApp, TOwner>
>;

/** Who is connected to one owner. */
export interface Presence<TState> {
  /**
   * Returns the people who are connected, in the order of their ids.
   *
   * @throws TRPCError BAD_REQUEST (PRESENCE_NOT_DECLARED) if the app declares no presence for this kind of owner
   */
  list(): PresentMember<TState>[];
  /**
   * Yields everyone who is present, and then the changes, for a `.subscription`.
   *
   * @throws TRPCError as `list`
   * @see docs/presence.md
   */
  watch(options?: {
    readonly signal?: AbortSignal | undefined;
  }): AsyncIterable<TrackedEnvelope<PresenceMessage<TState>>>;
}
