import { invitationTo } from "../fixtures/organizations.js";
import type { Tenant } from "./tenants.js";

/** Adds a member with the right to write. */
export async function join(
  organizationId: string,
  { by, member, email }: { by: Tenant; member: Tenant; email: string },
): Promise<void> {
  await by.client.organizations.invitations.create.mutate({ organizationId, email, role: "editor" });
  const invitationId = await invitationTo(organizationId, member);
  await member.client.organizations.invitations.accept.mutate({ invitationId });
}
