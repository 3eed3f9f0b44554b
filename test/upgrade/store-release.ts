import { cp, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createStorageFolder } from "../process/start-workerd.js";
import { fillStorage } from "./fill-storage.js";

/**
 * Runs a version of the framework, and copies what its objects stored.
 *
 * @param sources the folder that its `src` is in
 * @param target where the SQLite files and `contents.json` go
 */
export async function storeRelease(sources: string, target: string): Promise<void> {
  const storage = await createStorageFolder({ app: "test/upgrade/app/worker.ts", sources });
  try {
    const process = await storage.start();
    const contents = await fillStorage(process.port);
    await process.kill();
    await rm(target, { recursive: true, force: true });
    await mkdir(target, { recursive: true });
    await writeFile(path.join(target, "contents.json"), `${JSON.stringify(contents, null, 2)}\n`);
    await cp(path.join(storage.folder, "storage"), path.join(target, "storage"), { recursive: true });
    await mergeLogs(path.join(target, "storage"));
  } finally {
    await storage.remove();
  }
}

/** Merges each database with its write-ahead log, so that a file alone is whole. */
async function mergeLogs(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith(".sqlite")) continue;
    const database = new DatabaseSync(path.join(entry.parentPath, entry.name));
    database.exec("PRAGMA wal_checkpoint(TRUNCATE); VACUUM");
    database.close();
  }
}
