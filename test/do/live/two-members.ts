import { vi } from "vitest";
import { mailsTo } from "../../fixtures/app/mailbox.js";
import { signUpToLive } from "../../fixtures/live.js";

const eventually = { timeout: 10_000 };

export type Person = Awaited<ReturnType<typeof signUpToLive>>;

/** Two users, of whom the second has a verified address and can be invited. */
export async function signUpTwo(): Promise<readonly [Person, Person]> {
  const [ada, bob] = await Promise.all([signUpToLive(), signUpToLive()]);
  const mail = await vi.waitFor(() => {
    const found = mailsTo(bob.email).find(({ kind }) => kind === "verifyEmail");
    if (found?.kind !== "verifyEmail") throw new Error("There is no mail yet.");
    return found;
  }, eventually);
  await bob.http.auth.verifyEmail.mutate({ token: mail.token });
  return [ada, bob];
}

/** Creates an organization that both own, so that they have equal permissions. */
export async function createShared(ada: Person, bob: Person): Promise<string> {
  const organizationId = (await ada.http.organizations.create.mutate({ name: "Acme" })).id;
  await ada.http.organizations.invitations.create.mutate({ organizationId, email: bob.email, role: "owner" });
  const invitationId = await vi.waitFor(async () => {
    const found = (await bob.http.organizations.list.query()).find(({ id }) => id === organizationId);
    if (found?.status !== "invited") throw new Error("There is no invitation yet.");
    return found.invitationId;
  }, eventually);
  await bob.http.organizations.invitations.accept.mutate({ invitationId });
  return organizationId;
}

/** Two members of a new organization. */
export async function createTwoMembers() {
  const [ada, bob] = await signUpTwo();
  return { ada, bob, organizationId: await createShared(ada, bob) };
}
