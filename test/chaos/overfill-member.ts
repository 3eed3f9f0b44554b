import { errorReason } from "trpc-userdo/worker";
import { limits } from "./app/limits.js";
import type { Client } from "./client.js";
import { Violation } from "./history.js";
import { openProbe, SOCKETS, type Probe } from "./member-probe.js";
import type { StepOf } from "./schedule.js";
import type { Session } from "./session.js";
import type { World } from "./world.js";
import { writeOverHttp, writeOverSocket } from "./write.js";

/** The number of messages that are sent beyond the limit. */
const SURPLUS = 6;

let keys = 0;

/**
 * One member reaches a limit over several sockets. The object must refuse exactly the surplus and serve other members,
 * and the member must have the whole quota again afterwards.
 */
export async function overfillMember(world: World, client: Client, { quota }: StepOf<"overfillMember">): Promise<void> {
  const { session } = client;
  const other = world.alive().find(({ userId }) => userId !== session.userId);
  if (!other) return;
  await readAll(world, session);
  if (quota === "subscriptions") await overfillSubscriptions(world, session, other);
  else await overfillCalls(world, session, other);
}

/** Waits until no call of a member's own clients is under way. */
async function readAll({ clients }: World, { userId }: Session): Promise<void> {
  for (const client of clients) {
    if (client.session.userId !== userId) continue;
    client.closeAbandoned();
    client.read();
    const { message, reply } = client.call("query", "touch");
    client.send(message);
    await reply;
  }
}

async function overfillSubscriptions(world: World, session: Session, other: Session): Promise<void> {
  const free = (): number =>
    limits.subscriptionsPerMember -
    world
      .subscribersOf(world.clients.filter((each) => each.session.userId === session.userId && each.isOpen()))
      .filter(({ state }) => state === "on").length;
  const subscribe = (id: number): object => {
    const params = { path: "team.items", input: { json: world.target.input() } };
    return { id, method: "subscription", params };
  };
  const fill = (surplus: number): Promise<Probe | undefined> =>
    exactly(world, session, {
      what: "subscriptions",
      allowed: free,
      send: (probe) => probe.spread(free() + surplus, subscribe),
    });
  const full = await fill(SURPLUS);
  if (!full) return;
  world.figures.fullSubscriptions++;
  await checkOther(world, other);
  const { ledger } = world;
  const before = ledger.history.head();
  await writeOverHttp(world, other, [{ writes: [{ table: "items", op: "create", pick: 1 }], fail: false }], {
    how: "http",
  });
  await world.capture();
  const [id] = ledger.history.ids("items").filter((each) => ledger.history.between("items", each, before, Infinity)[0]);
  const ran = full.accepted();
  const received = (): number => ran.filter((each) => full.changes(each, id) > 0).length;
  await world.until(
    () => full.isCut() || received() === ran.length,
    () => `${ran.length} subscriptions beside refused ones to be sent a change, not ${received()}`,
  );
  if (!full.isCut() && ran.some((each) => full.changes(each, id) !== 1))
    throw new Violation("A subscription beside refused ones was sent a change twice.");
  if (full.refused().some((each) => full.changes(each, id) > 0))
    throw new Violation("A refused subscription was sent a change.");
  full.close();
  // Subscriptions of closed sockets no longer count.
  (await fill(0))?.close();
}

async function overfillCalls(world: World, session: Session, other: Session): Promise<void> {
  const { target } = world;
  const query = (id: number, path: string, values?: object): object => {
    return { id, method: "query", params: { path: target.path(path), input: { json: target.input(values) } } };
  };
  const full = await exactly(world, session, {
    what: "calls",
    allowed: () => limits.callsPerMember,
    async send(probe) {
      const key = `key-${++keys}`;
      // The first call on each socket waits, and the calls behind it wait for it.
      probe.spread(limits.callsPerMember + SURPLUS, (id) =>
        id < SOCKETS ? query(id, "hold", { key }) : query(id, "touch"),
      );
      await probe.received();
      const refused = await target.touch(session).catch((error: unknown) => errorReason(error));
      await checkOther(world, other);
      const { organizationId } = world;
      await other.http.team.release.mutate({ organizationId, key });
      if (refused !== "MEMBER_QUOTA" && !probe.isCut())
        throw new Violation(`A call over HTTP beyond the limit of its member was not refused: ${String(refused)}`);
    },
  });
  if (!full) return;
  world.figures.fullCalls++;
  // No call of the member is under way any more.
  await retry(world, "a call of a member to run when the others are answered", () =>
    target.touch(session).then(
      () => true,
      () => false,
    ),
  );
  full.close();
}

/** Checks that the calls of another member are answered, and that its clients receive concurrent changes. */
async function checkOther(world: World, other: Session): Promise<void> {
  const turn = { writes: [{ table: "notes", op: "create", pick: 1 } as const], fail: false };
  await world.target.touch(other);
  await writeOverHttp(world, other, [turn], { how: "http" });
  const reading = world.clients.filter(
    (each) => each.session.userId === other.userId && each.isOpen() && !each.stalled && !each.mustReconnect,
  );
  for (const client of reading) if (!client.owesPong) await writeOverSocket(world, client, [turn]);
  await world.capture();
  const isBehind = (client: Client): boolean =>
    client.isOpen() &&
    !client.mustReconnect &&
    world.subscribersOf([client]).some((each) => each.state === "on" && each.pending() !== undefined);
  await world.until(
    () => !reading.some(isBehind),
    () =>
      `${reading.find(isBehind)?.name} to be sent the changes that were made while another member was over the limit`,
  );
}

interface Attempt {
  readonly what: string;
  /** The number that may be accepted, given what is open now. */
  readonly allowed: () => number;
  readonly send: (probe: Probe) => Promise<void> | void;
}

/**
 * Sends until exactly the permitted number is accepted. Earlier sockets may count for a moment after their close.
 *
 * @returns `undefined` if the object closes the sockets every time, because a busy machine reads them too late
 */
async function exactly(world: World, session: Session, { what, allowed, send }: Attempt): Promise<Probe | undefined> {
  const deadline = performance.now() + world.timeout;
  for (let attempt = 1; ; attempt++) {
    const probe = await openProbe(world, session);
    await send(probe);
    await world.until(
      () => probe.isCut() || probe.isAnswered(),
      () => `${what} of a member over the limit to be answered`,
    );
    const accepted = probe.accepted().length;
    const most = allowed();
    if (accepted > most) throw new Violation(`${accepted} ${what} of a member were accepted, of at most ${most}`);
    if (accepted === most && !probe.isCut()) return probe;
    probe.close();
    // On a busy machine one attempt may take longer than the timeout.
    if (performance.now() < deadline || attempt < 5) continue;
    if (probe.isCut() && world.window === "hasty") return undefined;
    throw new Violation(`Only ${accepted} ${what} of a member were accepted, not ${most}`);
  }
}

async function retry(world: World, what: string, attempt: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + world.timeout;
  while (!(await attempt())) if (performance.now() > deadline) throw new Violation(`Waited in vain: ${what}`);
}
