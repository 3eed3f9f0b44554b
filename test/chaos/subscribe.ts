import type { Client } from "./client.js";
import { createLiveSubscriber } from "./live-subscriber.js";
import { isLive, type Source } from "./schedule.js";
import { createSubscriber, type Handover, type Subscriber } from "./subscriber.js";
import type { World } from "./world.js";

/** Whether the object may store the position of a client without a cursor. */
export const mayHandOver = ({ expired }: World): Handover => (expired ? "may" : "no");

/** The cursor with which a client reconnects: the last event's id, or its start if it stores that. */
export const cursorOf = (client: Client, subscriber: Subscriber): string | undefined =>
  subscriber.lastEventId() ?? (client.keeps ? subscriber.startedAt : undefined);

/** A further subscription of a client, which is not sent yet. */
export function newSubscriber(world: World, client: Client, source: Source): [number, Subscriber] {
  const { history, prunedTo } = world.ledger;
  const id = client.nextId();
  const name = `${client.name}.${id}`;
  const { userId } = client.session;
  const subscriber = isLive(source)
    ? createLiveSubscriber({ name, source, history, userId, rows: world.ledger.rows })
    : createSubscriber({ name, source, history, prunedTo, everyCommit: world.window === "wide" });
  client.subscribers.set(id, subscriber);
  return [id, subscriber];
}

export interface SubscribeOptions {
  /** @default mayHandOver(world) */
  readonly handover?: Handover;
  /** Makes the input larger. */
  readonly filler?: string;
}

/** Subscribes, or subscribes again with the stored cursor. */
export function subscribe(
  world: World,
  client: Client,
  [id, subscriber]: readonly [number, Subscriber],
  { handover = mayHandOver(world), filler }: SubscribeOptions = {},
): void {
  subscriber.start(cursorOf(client, subscriber), handover);
  client.send(client.subscribeMessage(id, subscriber, subscriber.lastEventId(), filler));
}

/** Waits until a client's subscriptions have started. A stalled client may not learn that before it reads again. */
export const started = (world: World, client: Client): Promise<void> =>
  world.until(
    () =>
      !client.isOpen() || client.owesPong || world.subscribersOf([client]).every(({ state }) => state !== "starting"),
    () => `${client.name} to learn that its subscriptions have started`,
  );

/** Opens a socket if necessary, and sends all subscriptions again. */
export async function reconnect(world: World, client: Client): Promise<void> {
  const reconnects = client.mustReconnect;
  // Some clients open the new socket before they leave the old one, and some afterwards.
  if (reconnects && client.keeps) client.close();
  if (client.isOpen() && !reconnects) return;
  if (!(await client.open())) return;
  await world.capture();
  for (const each of client.subscribers)
    subscribe(world, client, each, { handover: reconnects ? "must" : mayHandOver(world) });
  await started(world, client);
}
