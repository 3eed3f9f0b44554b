import { beforeAll, describe, expect, it } from "vitest";
import { password } from "../../fixtures/browser.js";
import { join, signUpVerified, type Person } from "../../fixtures/organizations.js";
import { overHttp, overRpc, overSocket, codeOfCall, type Transport } from "../../fixtures/transports.js";

let ada: Person;
let bob: Person;

beforeAll(async () => {
  [ada, bob] = await Promise.all([signUpVerified(), signUpVerified()]);
});

/** A new organization that both of them own. */
async function shared(): Promise<string> {
  const { id } = await ada.client.organizations.create.mutate({ name: "Shared" });
  await join(id, { by: ada, who: bob, role: "owner" });
  return id;
}

type Name = "single" | "batch" | "batch-stream" | "socket" | "RPC";

async function transportOf({ browser, user }: Person, name: Name, organizationId: string): Promise<Transport> {
  if (name === "RPC") return overRpc(user.id);
  return name === "socket" ? overSocket(browser, `/trpc?organizationId=${organizationId}`) : overHttp(browser, name);
}

async function rolesIn(organizationId: string): Promise<string[]> {
  for (const { client } of [ada, bob]) {
    const members = await client.organizations.members.list.query({ organizationId }).catch(() => undefined);
    if (members) return members.map(({ role }) => role).toSorted();
  }
  return [];
}

describe.each(["single", "batch", "batch-stream", "socket", "RPC"] as const)(
  "owners of an organization over %s",
  (name) => {
    it("keep one of two who demote each other at once", async () => {
      const organizationId = await shared();
      const [first, second] = [
        await transportOf(ada, name, organizationId),
        await transportOf(bob, name, organizationId),
      ];
      const demote = (transport: Transport, { user }: Person) =>
        codeOfCall(
          transport.mutate("organizations.members.setRole", { organizationId, userId: user.id, role: "member" }),
        );
      const codes = await Promise.all([demote(first, bob), demote(second, ada)]);
      expect(codes.toSorted()).toEqual(["FORBIDDEN", "none"]);
      expect(await rolesIn(organizationId)).toEqual(["member", "owner"]);
    });

    it("keep one of two who leave at once, who can neither leave nor be demoted", async () => {
      const organizationId = await shared();
      const transports = [await transportOf(ada, name, organizationId), await transportOf(bob, name, organizationId)];
      const codes = await Promise.all(
        transports.map((transport) => codeOfCall(transport.mutate("organizations.leave", { organizationId }))),
      );
      expect(codes.filter((code) => code === "CONFLICT")).toHaveLength(1);
      expect(await rolesIn(organizationId)).toEqual(["owner"]);
      const [left, who] = codes[0] === "CONFLICT" ? [transports[0], ada] : [transports[1], bob];
      const less = { organizationId, userId: who.user.id, role: "member" };
      expect(await codeOfCall(left!.mutate("organizations.members.setRole", less))).toBe("CONFLICT");
    });

    it("cannot delete their account as the last owner of an organization with other members", async () => {
      const { id } = await ada.client.organizations.create.mutate({ name: "Ada's" });
      await join(id, { by: ada, who: bob, role: "member" });
      const transport = name === "socket" ? await overSocket(ada.browser) : await transportOf(ada, name, id);
      // A socket deletes no account at all.
      const refused = name === "socket" ? "BAD_REQUEST" : "CONFLICT";
      expect(await codeOfCall(transport.mutate("account.delete", { password }))).toBe(refused);
      expect(await codeOfCall(ada.client.auth.me.query())).toBe("none");
      expect(await rolesIn(id)).toEqual(["member", "owner"]);
    });
  },
);
