import { runInDurableObject } from "cloudflare:test";
import { signIn, type Session } from "./session.js";
import { organizationTarget, type Target } from "./target.js";

/** The number of members, including the owner, that a schedule's organization has at first. */
const MEMBERS = 3;

/**
 * Creates an organization and signs its members in. The first one owns it.
 *
 * @param email the address of a member, by its number
 */
export async function createOrganization(
  path: string,
  namespace: DurableObjectNamespace,
  email: (member: number) => string,
): Promise<{ readonly sessions: readonly Session[]; readonly organizationId: string; readonly target: Target }> {
  const signUps = Array.from({ length: MEMBERS }, (_, member) => signIn(path, email(member), true));
  const sessions = await Promise.all(signUps);
  const created = await sessions[0]?.http.organizations.create.mutate({ name: "Chaos" });
  const organizationId = created?.id ?? "";
  const target = organizationTarget(path, organizationId);
  // Without invitations, which need mail and are not part of the schedules.
  await runInDurableObject(namespace.getByName(target.name), (_instance, { storage: { sql } }) => {
    for (const { userId, email: address } of sessions.slice(1))
      sql.exec(
        "INSERT INTO _members (user_id, email, role, joined_at, epoch, invitation_id) VALUES (?, ?, 'member', 0, 0, NULL)",
        userId,
        address,
      );
  });
  return { sessions, organizationId, target };
}
