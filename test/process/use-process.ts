import { afterAll, beforeAll } from "vitest";
import { createPlace, type Place, type Process } from "./start-workerd.js";

/** Starts one process for a test file, and stops it afterwards. */
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
