import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "../../worker/router.ts";

/** A user as an operator sees it. */
export type ManagedUser = inferRouterOutputs<AppRouter>["admin"]["users"]["get"];

export interface ManagedUserProps {
  readonly managed: ManagedUser;
}
