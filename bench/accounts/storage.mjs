// Measures what attackers leave in storage when they try passwords for addresses without an account.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { startApp } from "../app/start-app.mjs";
import { createHttpConnection } from "../runner/http-connection.mjs";
import { createBrowser } from "./browser.mjs";

/** A single wrong password expires after this many milliseconds. */
const FORGOTTEN = 15 * 60_000;
/** The time that the alarms may take beyond their due time, in milliseconds. */
const ALARM_TIMEOUT_MS = 60_000;

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const addresses = stage.size(1_000, 3);
  /** The time until the alarms are due, in milliseconds: long enough for all guesses. */
  const remaining = stage.size(60_000, 3_000);
  const worker = new URL("clock-worker.ts", import.meta.url);
  const { server } = await startApp(stage, { worker, hasCheapPasswords: true });
  const connection = createHttpConnection(server.port);
  stage.onStop(connection.close);

  /**
   * Alarms follow the machine's clock, so the app's clock is set back: the alarms are due soon in both once it is
   * reset.
   */
  const setClock = async (offset) => {
    const response = await fetch(`http://127.0.0.1:${server.port}/clock?offset=${offset}`);
    assert.equal(response.status, 200);
  };

  const rowOf = (name, { objects, bytes }) => [
    name,
    String(objects),
    String(bytes),
    String(Math.round(bytes / addresses)),
  ];

  return [
    {
      title: `One wrong password for each of ${addresses} made-up addresses`,
      head: ["", "objects that store something", "bytes", "bytes for an address"],
      async rows() {
        await untilListed(server.storage);
        const others = new Set(await databasesIn(server.storage));
        await setClock(remaining - FORGOTTEN);
        const started = Date.now();
        for (let index = 0; index < addresses; index++) {
          const input = { email: `nobody${index}@example.com`, password: "not the password" };
          const { status, body } = await createBrowser(connection).call("auth.login", input);
          assert.equal(status, 401, String(body));
        }
        const after = await measureStorage(server.storage, others);
        assert.ok(Date.now() - started < remaining, "The guesses took longer than the alarms wait.");
        await setClock(0);
        await sleep(Math.max(0, started + remaining - Date.now()));
        const forgotten = await untilForgotten(server.storage, others);
        return [rowOf("right after", after), rowOf("after 15 minutes", forgotten)];
      },
    },
  ];
}

/** Waits until the user of the app has an account, an email index and an entry in the directory. */
async function untilListed(folder) {
  while ((await measureStorage(folder, new Set())).objects < 3) await sleep(50);
}

/** Measures repeatedly until the alarms of all addresses have run. */
async function untilForgotten(folder, others) {
  const deadline = Date.now() + ALARM_TIMEOUT_MS;
  for (;;) {
    const now = await measureStorage(folder, others);
    if (now.objects === 0 || Date.now() > deadline) return now;
    await sleep(500);
  }
}

/**
 * The rows that the objects store, without the rows that existed before. An object without a table stores nothing, and the
 * platform deletes it.
 */
async function measureStorage(folder, others) {
  const sizes = (await databasesIn(folder)).filter((file) => !others.has(file)).map(measureDatabase);
  const used = sizes.filter(({ tables }) => tables > 0);
  return { objects: used.length, bytes: used.reduce((sum, { bytes }) => sum + bytes, 0) };
}

async function databasesIn(folder) {
  const entries = await readdir(folder, { recursive: true });
  return entries.filter((entry) => entry.endsWith(".sqlite")).map((entry) => path.join(folder, entry));
}

/** The rows in a file; none if its object deleted the file meanwhile. */
function measureDatabase(file) {
  try {
    return readDatabase(file);
  } catch (error) {
    if (existsSync(file)) throw error;
    return { tables: 0, bytes: 0 };
  }
}

/** Reads through SQLite, because part of the database may still be in its write-ahead log. */
function readDatabase(file) {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    // An object may be writing its last changes.
    database.exec("PRAGMA busy_timeout = 10000");
    const valueOf = (query) => Number(Object.values(database.prepare(query).get())[0]);
    return {
      tables: valueOf(
        String.raw`SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\_cf%' ESCAPE '\'`,
      ),
      bytes: valueOf("PRAGMA page_count") * valueOf("PRAGMA page_size"),
    };
  } finally {
    database.close();
  }
}
