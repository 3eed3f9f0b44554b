import type { AppDefinition } from "../../router/definition.js";
import type { EventInput, EventsOf } from "../../router/events/events-api.js";
import type { Call } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import { appAddress, type ObjectAddress } from "../../shared/owner.js";
import { userAddress } from "./procedure-owners.js";
import { organizationOf } from "./resolve-target.js";

/** The owner to which an event is sent. */
export type EventTarget = { readonly userId: string } | { readonly organizationId: string } | "app";

/** `createCaller(…).emit`, with the types of the app's events. */
export interface EmitEvent<TApp extends AppDefinition> {
  <TName extends keyof EventsOf<TApp, "user"> & string>(
    to: { readonly userId: string },
    name: TName,
    data: EventInput<EventsOf<TApp, "user">, TName>,
  ): Promise<void>;
  <TName extends keyof EventsOf<TApp, "organization"> & string>(
    to: { readonly organizationId: string },
    name: TName,
    data: EventInput<EventsOf<TApp, "organization">, TName>,
  ): Promise<void>;
  <TName extends keyof EventsOf<TApp, "app"> & string>(
    to: "app",
    name: TName,
    data: EventInput<EventsOf<TApp, "app">, TName>,
  ): Promise<void>;
}

interface EmitCall {
  readonly caller: Caller;
  readonly call: Call;
  readonly address: ObjectAddress;
}

/**
 * Returns the call that emits an event, and the object that it is sent to.
 *
 * @throws ReasonedError NOT_FOUND (USER_NOT_FOUND), BAD_REQUEST (ORGANIZATION_ID_INVALID)
 */
export function emitCall(to: EventTarget, name: string, data: unknown): EmitCall {
  const call: Call = { path: "_emit", input: { name, data } };
  if (to === "app") return { caller: { type: "system" }, call, address: appAddress };
  if ("organizationId" in to) return { caller: { type: "system" }, call, address: organizationOf(to) };
  return { caller: { type: "user", userId: to.userId, via: "rpc" }, call, address: userAddress(to.userId) };
}
