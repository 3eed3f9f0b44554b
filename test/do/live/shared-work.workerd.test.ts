import { beforeEach, expect, it } from "vitest";
import { ran } from "../../fixtures/app/live.js";
import { openLiveSocket, type LiveSocket } from "../../fixtures/live.js";
import { createTwoMembers } from "./two-members.js";

const QUERIES = 150;

let members: Awaited<ReturnType<typeof createTwoMembers>>;

beforeEach(async () => {
  members = await createTwoMembers();
  ran.large.length = 0;
});

/** A socket of the first member that runs many large live queries and has received all their first results. */
async function watchMany(): Promise<{ readonly socket: LiveSocket; readonly ids: number[] }> {
  const { ada, organizationId } = members;
  const socket = await openLiveSocket(ada.browser, "own", organizationId);
  const ids = Array.from({ length: QUERIES }, (_, index) =>
    socket.watch("papers.large", { organizationId, label: `ada ${index}` }),
  );
  await allHave(socket, ids, 1);
  return { socket, ids };
}

const allHave = (socket: LiveSocket, ids: readonly number[], results: number): Promise<void> =>
  expect.poll(() => ids.every((id) => socket.results(id).length === results), { timeout: 20_000 }).toBe(true);

it("runs each query about once for each result when the results fill the window repeatedly", async () => {
  const { ada, organizationId } = members;
  const { socket, ids } = await watchMany();
  // A few run ahead of the window.
  expect(ran.large.length).toBeLessThan(1.2 * QUERIES);
  expect(new Set(ran.large).size).toBe(QUERIES);

  ran.large.length = 0;
  await ada.http.papers.create.mutate({ organizationId, name: "one" });
  await allHave(socket, ids, 2);
  expect(ran.large.length).toBeLessThan(1.2 * QUERIES);
  for (const id of ids) expect(socket.results(id).at(-1)).toMatchObject({ count: 1 });
  // The flush is complete when the last result was sent.
  await expect.poll(() => socket.markers().at(-1)).toBe(ada.cursor());
}, 60_000);

it("runs the query of another member early, and sends its result before the others have run", async () => {
  const { bob, organizationId } = members;
  const { socket: slow, ids } = await watchMany();
  const socket = await openLiveSocket(bob.browser, "own", organizationId);
  const id = socket.watch("papers.large", { organizationId, label: "bob" });
  await socket.settled();
  ran.large.length = 0;
  await bob.http.papers.create.mutate({ organizationId, name: "one" });
  await socket.reached(bob.cursor());
  expect(socket.results(id).at(-1)).toMatchObject({ label: "bob", count: 1 });
  expect(ran.large.indexOf("bob")).toBeGreaterThanOrEqual(0);
  expect(ran.large.indexOf("bob")).toBeLessThan(3);
  await allHave(slow, ids, 2);
}, 60_000);

it("does not run queries of a client that does not read, and runs them once it reads", async () => {
  const { bob, organizationId } = members;
  const socket = await openLiveSocket(members.ada.browser, "own", organizationId);
  const ids = Array.from({ length: 100 }, (_, index) =>
    socket.watch("papers.large", { organizationId, label: `ada ${index}` }),
  );
  await allHave(socket, ids, 1);
  // It stops reading, and so does not answer the next PING.
  const { send } = socket.socket;
  const unsent: string[] = [];
  socket.socket.send = (data) => void unsent.push(String(data));
  await bob.http.papers.create.mutate({ organizationId, name: "one" });
  await expect.poll(() => unsent.length).toBeGreaterThan(0);
  ran.large.length = 0;
  for (let count = 2; count < 6; count++) await bob.http.papers.create.mutate({ organizationId, name: `${count}` });
  await bob.http.papers.list.query({ organizationId });
  expect(ran.large).toEqual([]);

  socket.socket.send = send.bind(socket.socket);
  socket.socket.send("PONG");
  await expect
    .poll(() => ids.every((id) => (socket.results(id).at(-1) as { count: number }).count === 5), { timeout: 20_000 })
    .toBe(true);
  expect(ran.large.length).toBeLessThan(150);
}, 60_000);
