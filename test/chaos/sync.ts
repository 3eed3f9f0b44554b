import { Violation } from "./history.js";
import { reconnect, started, subscribe } from "./subscribe.js";
import type { Subscriber } from "./subscriber.js";
import type { World } from "./world.js";

/** All clients are connected and read, so all commits must be delivered, and nothing else. */
export async function sync(world: World): Promise<void> {
  const { capture, clients, ledger, timeout, subscribersOf, until } = world;
  for (let attempt = 0; attempt < 60; attempt++) {
    const live = clients.filter(({ session }) => session.revokedAt === Infinity);
    await capture();
    for (const client of live) {
      client.read();
      await reconnect(world, client);
      for (const each of client.subscribers) {
        if (each[1].state === "ended" && client.isOpen()) subscribe(world, client, each);
      }
      await started(world, client);
    }
    const isCalm = (): boolean =>
      live.every(
        (each) => each.isOpen() && !each.mustReconnect && subscribersOf([each]).every(({ state }) => state === "on"),
      );
    const lagging = (): Subscriber | undefined => subscribersOf(live).find((each) => each.pending() !== undefined);
    await until(
      () => !isCalm() || !lagging(),
      () => `${lagging()?.name} (${lagging()?.source}) to receive ${lagging()?.pending()}`,
    );
    if (!isCalm()) continue;
    const calls = live.map((client) => {
      const { message, reply } = client.call("query", "touch");
      client.send(message);
      return reply;
    });
    const replies = await Promise.race([
      Promise.all(calls),
      new Promise<undefined>((resolve) => setTimeout(resolve, timeout, undefined)),
    ]);
    if (!replies) throw new Violation("A call over a socket was not answered.");
    await capture();
    if (!isCalm() || lagging()) continue;
    for (const subscriber of subscribersOf(live)) subscriber.rest(ledger.rows(subscriber.table));
    return;
  }
  throw new Violation("It does not come to rest.");
}
