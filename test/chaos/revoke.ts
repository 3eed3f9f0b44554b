import { runInDurableObject } from "cloudflare:test";
import { pickOf, type StepOf, type Turn, type Write } from "./schedule.js";
import type { World } from "./world.js";
import { writeOverHttp, writeOverSocket } from "./write.js";

const creates = (table: Write["table"]): Write => ({ table, op: "create", pick: 1 });
const turn: Turn = { writes: [creates("items"), creates("notes")], fail: false };

/** Revokes a session, and immediately tries what it may no longer do. */
export async function revoke(world: World, { session: pick, how }: StepOf<"revoke">): Promise<void> {
  const { alive, capture, clients, ledger, target } = world;
  const listening = alive().filter((each) => clients.some((client) => client.session === each && client.isOpen()));
  const session = pickOf(listening.length > 0 ? listening : alive(), pick);
  if (!session) return;
  if (alive().length === 1) await world.signIn();
  const other = alive().find((each) => each !== session);
  const sibling = alive().find((each) => each !== session && each.userId === session.userId);
  const owner = alive().find((each) => each.userId === world.sessions[0]?.userId);
  await capture();
  const ended = [session];
  if (target.isShared && how === "quietly" && owner && owner.userId !== session.userId) {
    const { organizationId } = world;
    await owner.http.organizations.members.remove.mutate({ organizationId, userId: session.userId });
    world.users.delete(session.email);
    ended.push(...alive().filter((each) => each !== session && each.userId === session.userId));
    world.figures.removals++;
  } else if (how === "logout" || (target.isShared && !sibling)) await session.http.auth.logout.mutate();
  else if (how === "revoke" || target.isShared) await sibling?.http.sessions.revoke.mutate({ id: session.id });
  else
    await runInDurableObject(world.object(), (_instance, { storage: { sql } }) => {
      // Bypasses the close that signing out sends, because a client may ignore it.
      sql.exec("DELETE FROM _sessions WHERE id = ?", session.id);
    });
  await capture();
  for (const each of ended) each.revokedAt = ledger.history.head();
  world.figures.revokes++;
  // The messages that its sockets still send must not run, and their changes must not be delivered to them.
  for (const client of clients)
    if (ended.includes(client.session) && client.isOpen()) await writeOverSocket(world, client, [turn]);
  const writer = other && ended.includes(other) ? alive()[0] : other;
  if (writer) await writeOverHttp(world, writer, [turn], { how: "http" });
}
