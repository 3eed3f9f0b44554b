import { afterAll, beforeAll } from "vitest";
import { createPlace, type Place, type Process } from "./start-workerd.js";

/** One process for a file of tests, ended with it. */
export function useProcess(): Pick<Process, "port" | "pid" | "evict"> {
  let place: Place;
  let running: Process;

  beforeAll(async () => {
    place = await createPlace();
    running = await place.start();
  });

  afterAll(async () => {
    await running.kill();
    await place.remove();
  });

  return {
    get port() {
      return running.port;
    },
    get pid() {
      return running.pid;
    },
    evict: (userId) => running.evict(userId),
  };
}
