import { env } from "cloudflare:workers";
import { evictDurableObject } from "cloudflare:test";
import superjson from "superjson";
import { beforeEach, describe, expect, it } from "vitest";
import { errorReason } from "trpc-userdo/worker";
import { waitingCalls } from "../../fixtures/app/live.js";
import { openSocket, type Frame, type RawSocket } from "../../fixtures/socket.js";
import { createTwoMembers } from "../live/two-members.js";
import { reading } from "./open-streams.js";

type Members = Awaited<ReturnType<typeof createTwoMembers>>;

let members: Members;
let opened: RawSocket[];

beforeEach(async () => {
  members = await createTwoMembers();
  opened = [];
});

async function open({ browser }: Members["ada"]): Promise<RawSocket> {
  const socket = reading(await openSocket(browser, `/live?organizationId=${members.organizationId}`));
  opened.push(socket);
  return socket;
}

/** Makes the organization's object hibernate. */
const sleep = () =>
  evictDurableObject(env.LIVE_DO.getByName(`organization:${members.organizationId}`), { webSockets: "hibernate" });

function watch(id: number, input: object = {}): object {
  const { organizationId } = members;
  const wire = superjson.serialize({ organizationId, path: "papers.list", input: { organizationId, ...input } });
  return { id, method: "subscription", params: { path: "_live", input: wire } };
}

function call(id: number, path: string): object {
  const { organizationId } = members;
  return { id, method: "query", params: { path, input: superjson.serialize({ organizationId }) } };
}

/** The first answer to a message. */
async function answerTo(socket: RawSocket, id: number): Promise<Frame> {
  let frame: Frame | undefined;
  for (let length = 0; !frame; frame = socket.frames.find((each) => each.id === id)) {
    length = (await socket.until(length + 1)).length;
  }
  return frame;
}

const overQuota = { error: { json: { data: { code: "TOO_MANY_REQUESTS", reason: "MEMBER_QUOTA" } } } };

describe("one member of an organization", () => {
  it("has a limited number of sockets, also after hibernation, which does not affect those of others", async () => {
    const { ada, bob } = members;
    for (let count = 0; count < 12; count++) await open(ada);
    for (const sleeps of [false, true]) {
      if (sleeps) await sleep();
      const refused = await open(ada);
      expect(await refused.closed).toEqual({
        code: 4429,
        reason: "You have too many connections to this organization. Close other pages.",
      });
      const other = await open(bob);
      await other.ping();
    }
    opened[0]?.socket.close();
    await expect
      .poll(async () => {
        const again = await open(ada);
        again.send(call(1, "papers.list"));
        return Promise.race([answerTo(again, 1).then(() => "answered"), again.closed.then(() => "closed")]);
      })
      .toBe("answered");
  }, 30_000);

  it("has a limited number of subscriptions on all sockets, also after hibernation, which does not affect others", async () => {
    const { ada, bob } = members;
    const [first, second, others] = [await open(ada), await open(ada), await open(bob)];
    for (const socket of [first, second]) socket.send(Array.from({ length: 200 }, (_, id) => watch(id + 1)));
    for (const socket of [first, second]) {
      expect(await answerTo(socket, 200)).toMatchObject({ result: { type: "started" } });
    }
    second.send([watch(201), call(202, "papers.list")]);
    expect(await answerTo(second, 201)).toMatchObject(overQuota);
    expect(await answerTo(second, 202)).toMatchObject({ result: { type: "data" } });
    others.send(watch(1));
    expect(await answerTo(others, 1)).toMatchObject({ result: { type: "started" } });
    await expect.poll(() => second.frames.filter(({ result }) => result?.type === "data").length).toBe(201);
    await sleep();
    first.send(watch(203));
    expect(await answerTo(first, 203)).toMatchObject(overQuota);
    others.send(watch(2));
    expect(await answerTo(others, 2)).toMatchObject({ result: { type: "started" } });
    second.send({ id: 7, method: "subscription.stop" });
    second.send(watch(204));
    expect(await answerTo(second, 204)).toMatchObject({ result: { type: "started" } });
  }, 30_000);

  it("has a limited number of bytes of inputs on all sockets, also after hibernation", async () => {
    const { ada, bob } = members;
    const [first, second, others] = [await open(ada), await open(ada), await open(bob)];
    const large = { label: "x".repeat(19_000) };
    for (const socket of [first, second]) {
      for (let id = 1; id <= 5; id++) socket.send(watch(id, large));
      expect(await answerTo(socket, 5)).toMatchObject({ result: { type: "started" } });
    }
    first.send(watch(11, large));
    expect(await answerTo(first, 11)).toMatchObject(overQuota);
    first.send(watch(12));
    expect(await answerTo(first, 12)).toMatchObject({ result: { type: "started" } });
    others.send(watch(1, large));
    expect(await answerTo(others, 1)).toMatchObject({ result: { type: "started" } });
    await expect.poll(() => first.frames.filter(({ result }) => result?.type === "data").length).toBe(6);
    await sleep();
    second.send(watch(13, large));
    expect(await answerTo(second, 13)).toMatchObject(overQuota);
  }, 30_000);

  it("has a limited number of calls under way, over sockets and HTTP together", async () => {
    const { ada, bob, organizationId } = members;
    const [first, second, others] = [await open(ada), await open(ada), await open(bob)];
    first.send([call(1, "papers.hold"), ...Array.from({ length: 449 }, (_, index) => call(index + 2, "papers.list"))]);
    // The object has counted the frame when its first call runs.
    await expect.poll(() => waitingCalls.has(organizationId)).toBe(true);
    second.send([call(1, "papers.list"), call(2, "papers.list"), { id: 9, method: "subscription.stop" }]);
    expect(await answerTo(second, 1)).toMatchObject(overQuota);
    expect(await answerTo(second, 2)).toMatchObject(overQuota);
    const batch = [ada.http.papers.list.query({ organizationId }), ada.http.papers.list.query({ organizationId })];
    const refused = await Promise.allSettled(batch);
    expect(refused.map((each) => each.status === "rejected" && errorReason(each.reason))).toEqual([
      "MEMBER_QUOTA",
      "MEMBER_QUOTA",
    ]);
    others.send(call(1, "papers.list"));
    expect(await answerTo(others, 1)).toMatchObject({ result: { type: "data" } });
    await bob.http.papers.release.mutate({ organizationId });
    expect(await answerTo(first, 450)).toMatchObject({ result: { type: "data" } });
    second.send([call(3, "papers.list"), call(4, "papers.list")]);
    expect(await answerTo(second, 4)).toMatchObject({ result: { type: "data" } });
  }, 30_000);
});

it("does not apply the limits of members to the user of a user's object", async () => {
  const { ada } = members;
  const socket = reading(await openSocket(ada.browser, "/live"));
  const wire = superjson.serialize({ path: "notes.count", input: {} });
  socket.send(
    Array.from({ length: 401 }, (_, id) => ({
      id: id + 1,
      method: "subscription",
      params: { path: "_live", input: wire },
    })),
  );
  expect(await answerTo(socket, 401)).toMatchObject({ result: { type: "started" } });
});
