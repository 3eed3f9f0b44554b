import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { vi } from "vitest";
import type { Client } from "./client.js";
import { limits } from "./app/limits.js";
import { overfillMember } from "./overfill-member.js";
import { revoke } from "./revoke.js";
import { pickOf, type StepOf, type Step } from "./schedule.js";
import { reconnect, cursorOf, mayHandOver, newSubscriber, started, subscribe } from "./subscribe.js";
import { sync } from "./sync.js";
import type { World } from "./world.js";
import { writeOverHttp, writeOverSocket, writeRaw } from "./write.js";

/** `amid`: concurrent steps may make this one fail. */
export async function takeStep(world: World, step: Step, amid?: StepOf<"together">): Promise<void> {
  const { alive, clients, figures, subscribersOf, window } = world;
  const client = "client" in step ? pickOf(clients, step.client) : undefined;
  const isLive = client !== undefined && client.session.revokedAt === Infinity;
  switch (step.do) {
    case "write":
      return write(world, step, client, amid);
    case "raw":
      return writeRaw(world, step.kind, step.pick);
    case "connect": {
      const session = pickOf(alive(), step.session);
      return session && clients.length < 8 ? world.connect(session, step.keeps) : undefined;
    }
    case "subscribe":
      return isLive && maySubscribe(world, client) ? begin(world, client, step) : undefined;
    case "crowd":
      return isLive && maySubscribe(world, client) ? crowd(world, client) : undefined;
    case "stop": {
      const id = client && pickOf([...client.subscribers.keys()], step.pick);
      if (id === undefined) return;
      client?.subscribers.delete(id);
      return client?.send({ id, method: "subscription.stop" });
    }
    case "drop":
      figures.drops++;
      return client?.close();
    case "halfOpen":
      // The object would wait for the call, and so could not be evicted.
      if (window === "narrow" || !isLive) return;
      figures.drops++;
      return leave(world, client);
    case "reconnect": {
      // The start of a subscription without a cursor is unknown during a write.
      const unclear = amid && client && subscribersOf([client]).some((each) => !cursorOf(client, each));
      return isLive && !unclear ? reconnect(world, client) : undefined;
    }
    case "stall":
      if (client?.isOpen()) client.stalled = true;
      return;
    case "readWindow":
      return client?.readWindow();
    case "read":
      return client?.read();
    case "overfill":
      // With small windows, the replies would need more windows than the timeout of a step allows.
      return isLive && maySubscribe(world, client) && window === "wide" ? overfill(world, client) : undefined;
    case "overfillMember":
      return isLive ? overfillMember(world, client, step) : undefined;
    case "forge":
      return isLive ? forge(world, client, step.pick) : undefined;
    case "evict":
      return evict(world, step.sockets);
    case "abort":
      figures.aborts++;
      for (const each of clients) leave(world, each);
      return abortAllDurableObjects();
    case "prune":
      return prune(world, step.keep);
    case "lapse":
      world.expired = true;
      figures.lapses++;
      vi.setSystemTime(Date.now() + 16 * 60_000);
      for (const subscriber of subscribersOf()) subscriber.doze(true);
      return;
    case "signIn":
      return world.sessions.length < 5 ? world.signIn() : undefined;
    case "revoke":
      return revoke(world, step);
    case "sync":
      return sync(world);
    case "together":
      await Promise.all(step.steps.map((each) => takeStep(world, each, step)));
      return;
  }
}

/** Leaves a socket open. A member's socket is closed later, because its subscriptions count until then. */
const leave = ({ target }: World, client: Client): void => (target.isShared ? client.abandon() : client.leave());

async function write(
  world: World,
  { how, turns, client: pick }: StepOf<"write">,
  client: Client | undefined,
  amid: StepOf<"together"> | undefined,
): Promise<void> {
  if (how === "socket" && client?.isOpen() && !client.stalled) return writeOverSocket(world, client, turns);
  const session = pickOf(world.alive(), pick);
  const mayFail = amid?.steps.some((each) => each.do === "abort") ?? false;
  return session && writeOverHttp(world, session, turns, { how: how === "socket" ? "http" : how, mayFail });
}

/** Whether a client reads, and has few enough subscriptions to stay below the limits. */
function maySubscribe({ clients, subscribersOf, target }: World, client: Client): boolean {
  if (!client.isOpen() || client.stalled || client.owesPong) return false;
  if (!target.isShared) return client.subscribers.size < limits.subscriptionsPerSocket / 2;
  const ofMember = clients.filter(({ session }) => session.userId === client.session.userId);
  // The subscriptions of a reconnecting client may also be on two earlier sockets whose close the object has not
  // noticed.
  return subscribersOf(ofMember).length + 7 < limits.subscriptionsPerMember / 3;
}

async function begin(world: World, client: Client, { source, writes }: StepOf<"subscribe">): Promise<void> {
  await world.capture();
  const [id, subscriber] = newSubscriber(world, client, source);
  if (writes.length === 0) {
    subscribe(world, client, [id, subscriber]);
  } else {
    subscriber.start(undefined, mayHandOver(world));
    const message = client.subscribeMessage(id, subscriber, undefined);
    await writeOverSocket(world, client, [{ writes, fail: false }], [message]);
  }
  return started(world, client);
}

/** Together larger than an attachment. */
async function crowd(world: World, client: Client): Promise<void> {
  await world.capture();
  for (const source of ["items", "notes", "watchItems", "items", "notes", "watchNotes", "items"] as const)
    subscribe(world, client, newSubscriber(world, client, source), { filler: "x".repeat(2_000) });
  return started(world, client);
}

/** Subscribes up to the limit, and stops those subscriptions again. Earlier subscriptions continue. */
async function overfill(world: World, client: Client): Promise<void> {
  const ids = Array.from({ length: limits.subscriptionsPerSocket + 1 }, () => client.nextId());
  const { path, input } = world.target.subscription("items", "");
  const params = { path, input: { json: input } };
  client.send(ids.map((id) => ({ id, method: "subscription", params })));
  await world.until(
    () => !client.isOpen() || client.refused.has(ids.at(-1) ?? 0),
    () => `${client.name} to be refused the last of too many subscriptions`,
  );
  if (client.refused.size > 0) world.figures.overfilled++;
  client.refused.clear();
  client.send(ids.map((id) => ({ id, method: "subscription.stop" })));
  const { message, reply } = client.call("query", "touch");
  client.send(message);
  await reply;
}

/** Reconnects with a cursor that identifies no entry. */
async function forge(world: World, client: Client, pick: number): Promise<void> {
  client.close();
  await client.open();
  await world.capture();
  const ahead = `${world.ledger.history.head() + 9}.0123456789abcdef`;
  const cursor = ["nonsense", ahead, "1.0123456789abcdef", "-1.x"][pick];
  for (const [id, subscriber] of client.subscribers) {
    subscriber.start(cursorOf(client, subscriber), mayHandOver(world));
    subscriber.forge();
    client.send(client.subscribeMessage(id, subscriber, cursor));
  }
  return started(world, client);
}

async function evict(world: World, webSockets: StepOf<"evict">["sockets"]): Promise<void> {
  const { clients, figures, subscribersOf, window } = world;
  // A timer runs for each client that was asked whether it reads.
  if (window === "narrow" && clients.some(({ owesPong }) => owesPong)) return;
  for (const subscriber of subscribersOf()) {
    subscriber.doze(window !== "wide" || subscriber.generator || !subscriber.isSettled());
    subscriber.resumeFromOwn();
  }
  if (webSockets === "close") for (const each of clients) leave(world, each);
  try {
    await evictDurableObject(world.object(), { webSockets });
    figures.evictions++;
  } catch (error) {
    if (!/not currently running/.test(String(error))) throw error;
  }
}

async function prune({ capture, clients, figures, ledger, subscribersOf }: World, keep: number): Promise<void> {
  await capture();
  // A lagging subscription whose client does not read may lose its pending changes.
  for (const each of clients)
    for (const subscriber of subscribersOf([each]))
      if (each.owesPong || subscriber.pending() !== undefined) subscriber.doze(false);
  figures.pruned += await ledger.prune(keep);
}
