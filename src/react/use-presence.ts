import type { TRPCClient } from "@trpc/client";
import type { AnyTRPCRouter, inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { useEffect, useSyncExternalStore } from "react";
import type { PresentMember } from "../shared/presence.js";
import { CONNECTING, presenceStoreOf, type PresenceOwner, type PresenceState } from "./presence-store.js";

type Outputs<TRouter extends AnyTRPCRouter> =
  inferRouterOutputs<TRouter> extends { presence: infer TPresence } ? TPresence : unknown;
type Inputs<TRouter extends AnyTRPCRouter> =
  inferRouterInputs<TRouter> extends { presence: infer TPresence } ? TPresence : unknown;

type MemberIn<TProcedures> = TProcedures extends { list: readonly (infer TMember)[] }
  ? TMember
  : PresentMember<unknown>;
type SetIn<TProcedures> = TProcedures extends { set: infer TInput } ? TInput : never;
type StateIn<TInput> = TInput extends { readonly state: infer TState } ? TState : never;

type MemberOf<TRouter extends AnyTRPCRouter> = MemberIn<Outputs<TRouter>>;
type AppMemberOf<TRouter extends AnyTRPCRouter> = Outputs<TRouter> extends { app: infer TApp } ? MemberIn<TApp> : never;
type AppStateOf<TRouter extends AnyTRPCRouter> =
  Inputs<TRouter> extends { app: infer TApp } ? StateIn<SetIn<TApp>> : never;
type OrganizationSet<TRouter extends AnyTRPCRouter> = Extract<
  SetIn<Inputs<TRouter>>,
  { readonly organizationId: string }
>;
type UserSet<TRouter extends AnyTRPCRouter> = Exclude<SetIn<Inputs<TRouter>>, { readonly organizationId: string }>;

/** `usePresence` with the types of an app. */
export interface UsePresence<TRouter extends AnyTRPCRouter> {
  /** The user's own devices. @param options.state the state of this page, which the others see */
  (options?: {
    readonly organizationId?: undefined;
    readonly app?: undefined;
    readonly state?: StateIn<UserSet<TRouter>> | undefined;
  }): PresenceState<MemberOf<TRouter>>;
  /** The members of an organization who are connected. */
  (options: {
    readonly organizationId: string;
    readonly state?: StateIn<OrganizationSet<TRouter>> | undefined;
  }): PresenceState<MemberOf<TRouter>>;
  /** The users of the app who are connected to it. */
  (options: {
    readonly app: true;
    readonly state?: AppStateOf<TRouter> | undefined;
  }): PresenceState<AppMemberOf<TRouter>>;
}

interface Options extends PresenceOwner {
  readonly state?: unknown;
}

const connecting = (): PresenceState<never> => CONNECTING;

/** Returns who is connected to an owner, and sets the state of this page's connection. */
export function usePresenceOf<TRouter extends AnyTRPCRouter>(
  client: TRPCClient<TRouter>,
  { organizationId, app, state }: Options = {},
): PresenceState<PresentMember<unknown>> {
  const store = presenceStoreOf(client, { organizationId, app });
  useEffect(() => {
    if (state !== undefined) store.setState(state);
  }, [store, state]);
  return useSyncExternalStore(store.subscribe, store.read, connecting);
}
