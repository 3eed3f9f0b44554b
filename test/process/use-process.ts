import { afterAll, beforeAll } from "vitest";
import { createStorageFolder, type StorageFolder, type Process } from "./start-workerd.js";

/** Starts one process for a test file, and stops it afterwards. */
export function useProcess(): Pick<Process, "port" | "pid" | "evict"> {
  let storage: StorageFolder;
  let running: Process;

  beforeAll(async () => {
    storage = await createStorageFolder();
    running = await storage.start();
  });

  afterAll(async () => {
    await running.kill();
    await storage.remove();
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
