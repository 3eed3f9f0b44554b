import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "../../worker/router.ts";

/** An organization as one of its members sees it. */
export type Organization = inferRouterOutputs<AppRouter>["organizations"]["get"];

/** Whether a member may do something, to offer it or not. The server decides for itself. */
export function may(organization: Organization, permission: Organization["permissions"][number]): boolean {
  return organization.permissions.includes(permission);
}
