// Measures a thousand people who join the presence of the app at once, and half of them who leave.
import assert from "node:assert/strict";
import { startApp } from "../app/start-app.mjs";
import { frameBytes, openSocketConnection } from "../runner/socket-connection.mjs";

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const people = stage.size(1000, 10);
  const worker = new URL("worker.ts", import.meta.url);
  const { server, signUp } = await startApp(stage, { worker, hasCheapPasswords: true });

  async function openPerson(number) {
    const { headers } = await signUp(`person-${number}@example.com`);
    const connection = await openSocketConnection(server.port, "/trpc?app", headers);
    stage.onStop(connection.close);
    const person = { connection, online: new Set(), messages: 0, bytes: 0, onMessage() {} };
    connection.onFrame((payload) => {
      const { result, error } = JSON.parse(String(payload));
      assert.equal(error, undefined, String(payload));
      const message = result?.data?.json?.data;
      if (!message) return;
      person.messages++;
      person.bytes += payload.length;
      if (message.type === "sync") person.online = new Set(message.members.map(({ userId }) => userId));
      else
        for (const change of message.changes) {
          if (change.type === "leave") person.online.delete(change.userId);
          else person.online.add(change.member.userId);
        }
      person.onMessage();
    });
    return person;
  }

  /** Waits until everyone in a group sees a number of people. Returns a row with the time and the messages since. */
  async function measure(name, group, count, act) {
    for (const person of group) Object.assign(person, { messages: 0, bytes: 0 });
    const cpu = server.cpuTime();
    const started = performance.now();
    const all = new Promise((resolve) => {
      const check = () => group.every(({ online }) => online.size === count) && resolve(undefined);
      for (const person of group) person.onMessage = check;
    });
    await act();
    await all;
    const sum = (of) => group.reduce((total, person) => total + of(person), 0);
    return [
      name,
      `${(performance.now() - started).toFixed(0)} ms`,
      `${((server.cpuTime() - cpu) / 1e6 / people).toFixed(2)} ms`,
      (sum(({ messages }) => messages) / group.length).toFixed(1),
      `${Math.round(sum(({ bytes }) => bytes) / group.length / 1024)} KiB`,
    ];
  }

  return [
    {
      title: `${people} people in the presence of the app`,
      head: ["", "until everyone knows", "CPU for each person", "messages to each", "bytes to each"],
      async rows() {
        const group = [];
        // One after the other, because they share a connection.
        for (let number = 0; number < people; number++) group.push(await openPerson(number));
        const params = { path: "presence.app.watch" };
        const frame = frameBytes(JSON.stringify({ id: 1, method: "subscription", params }));
        const joined = await measure("all join at once", group, people, () => {
          for (const { connection } of group) connection.send(frame);
        });
        const half = people / 2;
        const staying = group.slice(half);
        const left = await measure("half of them leave at once", staying, half, () => {
          for (const { connection } of group.slice(0, half)) connection.close();
        });
        return [joined, left];
      },
    },
  ];
}
