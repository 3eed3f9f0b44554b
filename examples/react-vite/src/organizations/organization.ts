import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "../../worker/router.ts";

/** An organization as one of its members sees it. */
export type Organization = inferRouterOutputs<AppRouter>["organizations"]["get"];

/** Whether a member may do something, and the page offers it. The server checks it again. */
export function may(organization: Organization, permission: Organization["permissions"][number]): boolean {
  return organization.permissions.includes(permission);
}
