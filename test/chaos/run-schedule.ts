import { vi } from "vitest";
import type { Figures } from "./figures.js";
import { Violation } from "./history.js";
import { isLive, type Schedule, type Step } from "./schedule.js";
import { reconnect } from "./subscribe.js";
import { sync } from "./sync.js";
import { takeStep } from "./take-step.js";
import { createWorld, type Attempted, type World } from "./world.js";

/** The violated guarantee and its step. */
export interface Failure {
  readonly reason: string;
  readonly at: number;
}

/** Runs a schedule in a separate world. */
export async function runSchedule(
  schedule: Schedule,
  figures: Figures,
  attempted: Attempted = "first",
): Promise<Failure | undefined> {
  let at = 0;
  try {
    const world = await createWorld(schedule, figures, attempted);
    for (const [index, step] of schedule.steps.entries()) {
      at = index;
      await runStep(world, step, index);
    }
    at = schedule.steps.length;
    await end(world);
    return undefined;
  } catch (error) {
    return { reason: error instanceof Violation ? error.message : String((error as Error).stack ?? error), at };
  }
}

async function runStep(world: World, step: Step, index: number): Promise<void> {
  vi.setSystemTime(Date.now() + 3);
  for (const [place, client] of world.clients.entries()) {
    if (client.mustReconnect && client.session.revokedAt === Infinity && (place + index) % 2 === 0)
      await reconnect(world, client);
  }
  await takeStep(world, step);
  const sleeps = step.do === "evict";
  // A read of the log would wake an object that was just evicted.
  if (!sleeps) await world.capture();
  for (const subscriber of world.subscribersOf()) subscriber.endStep();
}

async function end(world: World): Promise<void> {
  const { clients, figures, subscribersOf } = world;
  await sync(world);
  for (const subscriber of subscribersOf()) {
    if (isLive(subscriber.source)) figures.results += subscriber.received();
    else figures.events += subscriber.received();
    figures.resets += subscriber.resets();
  }
  figures.subscribers += subscribersOf().length;
  for (const client of clients) client.close();
}
