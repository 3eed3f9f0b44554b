import superjson from "superjson";
import { errorReason } from "trpc-userdo/worker";
import { beforeEach, describe, expect, it } from "vitest";
import { ran } from "../../fixtures/app/live.js";
import { openLiveSocket } from "../../fixtures/live.js";
import { openSocket, type Frame, type RawSocket } from "../../fixtures/socket.js";
import { createTwoMembers } from "./two-members.js";

/** The most memory of an object that large frames of one member take. */
const HALF = (8_388_608 * 3) / 16;
const BYTES = 95_000;
const SOCKETS = 6;
const QUERIES = 4;

let members: Awaited<ReturnType<typeof createTwoMembers>>;

beforeEach(async () => {
  members = await createTwoMembers();
  ran.large.length = 0;
});

const labels = Array.from({ length: SOCKETS * QUERIES }, (_, n) => `ada ${n}`);
const eventsOf = ({ frames }: RawSocket): Frame[] => frames.filter(({ result }) => result?.type === "data");

/** A message of the first member for a result of the given number of bytes. */
function message(method: "query" | "subscription", id: number, label: string, bytes: number): object {
  const { organizationId } = members;
  const input = { organizationId, label, bytes };
  return method === "query"
    ? { id, method, params: { path: "papers.large", input: superjson.serialize(input) } }
    : {
        id,
        method,
        params: { path: "_live", input: superjson.serialize({ organizationId, path: "papers.large", input }) },
      };
}

/** Sockets of the first member that do not read, each with live queries of large results. */
async function openHogs(): Promise<RawSocket[]> {
  const { ada, organizationId } = members;
  const hogs: RawSocket[] = [];
  for (let first = 0; first < labels.length; first += QUERIES) {
    const hog = await openSocket(ada.browser, `/live?organizationId=${organizationId}`);
    hog.send(labels.slice(first, first + QUERIES).map((label, n) => message("subscription", n + 1, label, BYTES)));
    await hog.until(1);
    hogs.push(hog);
  }
  return hogs;
}

describe("a member with large results that it does not read", () => {
  it("delays no other member's large or short results, or replies", async () => {
    const { bob, organizationId } = members;
    await openHogs();
    const socket = await openLiveSocket(bob.browser, "own", organizationId);
    const ids = [BYTES, 10].map((bytes) => socket.watch("papers.large", { organizationId, label: "bob", bytes }));
    await socket.settled();
    for (let count = 1; count < 4; count++) {
      await bob.http.papers.create.mutate({ organizationId, name: `${count}` });
      await socket.reached(bob.cursor());
      for (const id of ids) expect(socket.results(id).at(-1)).toMatchObject({ label: "bob", count });
    }
    socket.send(message("query", 99, "bob", BYTES));
    await expect.poll(() => socket.frames.some(({ id }) => id === 99)).toBe(true);
  }, 60_000);

  it("delays no other member with a reply that is larger than the memory for output", async () => {
    const { ada, bob, organizationId } = members;
    const hog = await openSocket(ada.browser, `/live?organizationId=${organizationId}`);
    hog.send(message("query", 1, "ada", 6_000_000));
    await hog.until(1);
    const socket = await openLiveSocket(bob.browser, "own", organizationId);
    const ids = [BYTES, 10].map((bytes) => socket.watch("papers.large", { organizationId, label: "bob", bytes }));
    await socket.settled();
    await bob.http.papers.create.mutate({ organizationId, name: "one" });
    await socket.reached(bob.cursor());
    for (const id of ids) expect(socket.results(id).at(-1)).toMatchObject({ label: "bob", count: 1 });
  }, 60_000);

  it("has its queries run only when the result fits, and each about once then", async () => {
    const { ada, bob, organizationId } = members;
    const hogs = await openHogs();
    const sent = (): number => hogs.flatMap(eventsOf).length;
    await expect.poll(sent).toBeGreaterThanOrEqual(Math.floor(HALF / 131_072));
    await bob.http.papers.list.query({ organizationId });
    expect(sent() * BYTES).toBeLessThanOrEqual(HALF);
    // At most those whose size was not known.
    expect(ran.large.length).toBeLessThanOrEqual(sent() + SOCKETS);
    const before = ran.large.length;
    for (let count = 1; count < 4; count++) {
      await bob.http.papers.create.mutate({ organizationId, name: `${count}` });
      await bob.http.papers.list.query({ organizationId });
    }
    expect(ran.large.length - before).toBeLessThanOrEqual(SOCKETS);
    for (const { socket } of hogs) {
      socket.addEventListener("message", ({ data }) => data === "PING" && socket.send("PONG"));
      socket.send("PONG");
    }
    const newest = () =>
      hogs.flatMap((hog) =>
        Array.from({ length: QUERIES }, (_, n) => {
          const last = eventsOf(hog).findLast(({ id }) => id === n + 1)?.result?.data;
          return (last?.json as { data?: { count?: number } } | undefined)?.data?.count;
        }),
      );
    await expect.poll(newest, { timeout: 30_000 }).toEqual(labels.map(() => 3));
    expect(ada.user.id).not.toBe(bob.user.id);
  }, 60_000);
});

it("refuses a result that is too large, with a reason and a fix", async () => {
  const { bob, organizationId } = members;
  const socket = await openLiveSocket(bob.browser, "own", organizationId);
  const id = socket.watch("papers.large", { organizationId, label: "bob", bytes: 100_000 });
  const errors = () => socket.frames.flatMap((frame) => (frame.id === id && frame.error ? [frame.error.json] : []));
  await expect.poll(() => errors().length).toBe(1);
  const [error] = errors();
  expect(error?.message).toMatch(/larger than 100000 bytes\. Select fewer fields, or a page of the rows\./);
  expect(error?.data.code).toBe("PAYLOAD_TOO_LARGE");
  expect(errorReason(error)).toBe("RESULT_TOO_LARGE");
});
