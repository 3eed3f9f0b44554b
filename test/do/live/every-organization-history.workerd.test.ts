import { env } from "cloudflare:workers";
import { evictDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { beforeAll, expect, it, vi } from "vitest";
import { codeOf } from "../../fixtures/error-code.js";
import { openLiveSocket, signUpToLive, type LiveClient, type LiveSocket } from "../../fixtures/live.js";
import { mailTo } from "../../fixtures/mail.js";
import { organizationName } from "../../fixtures/organizations.js";

type Person = Awaited<ReturnType<typeof signUpToLive>>;

/** The outcome of a query: its result, or the code of its error. */
type Outcome = { readonly result: unknown } | { readonly code: unknown };

const eventually = { timeout: 8_000, interval: 20 };

let people: readonly Person[];

beforeAll(async () => {
  people = await Promise.all(Array.from({ length: 4 }, () => signUpToLive()));
  for (const { http, email } of people) {
    await http.auth.verifyEmail.mutate({ token: (await mailTo(email, "verifyEmail")).token });
  }
});

/** Each watched query, and how to run it from scratch. */
const queries: readonly [path: string, ask: (http: LiveClient, organizationId: string) => Promise<unknown>][] = [
  ["papers.list", (http, organizationId) => http.papers.list.query({ organizationId })],
  ["papers.mine", (http, organizationId) => http.papers.mine.query({ organizationId })],
  ["papers.mayRead", (http, organizationId) => http.papers.mayRead.query({ organizationId })],
  ["papers.managed", (http, organizationId) => http.papers.managed.query({ organizationId })],
  ["papers.whoAmI", (http, organizationId) => http.papers.whoAmI.query({ organizationId })],
  ["organizations.get", (http, organizationId) => http.organizations.get.query({ organizationId })],
  ["organizations.members.list", (http, organizationId) => http.organizations.members.list.query({ organizationId })],
  [
    "organizations.invitations.list",
    (http, organizationId) => http.organizations.invitations.list.query({ organizationId }),
  ],
];

const outcomeOf = async (call: Promise<unknown>): Promise<Outcome> => {
  const code = await codeOf(call);
  return code === "none" ? { result: await call } : { code };
};

/** A member whose client runs the queries, and reconnects when it is asked to. */
function watchAs({ browser, http, cursor }: Person, organizationId: string) {
  let socket: LiveSocket | undefined;
  let ids: readonly number[] = [];
  /** The results of earlier sockets. A new socket receives only a result that differs. */
  let before: readonly { readonly outcome: Outcome; readonly lastEventId: string | undefined }[] = [];

  function stateOf(at: number) {
    const id = ids[at] ?? 0;
    const error = socket?.frames.find((frame) => frame.id === id && frame.error)?.error;
    if (error) return { outcome: { code: error.json.data.code }, lastEventId: undefined };
    const results = socket?.results(id) ?? [];
    if (socket && results.length > 0) {
      return { outcome: { result: results.at(-1) }, lastEventId: socket.lastEventId(id) };
    }
    return before[at] ?? { outcome: { code: "received nothing" }, lastEventId: undefined };
  }

  const states = () => queries.map((_, at) => stateOf(at));

  async function open(): Promise<void> {
    const next = await openLiveSocket(browser, "own", organizationId);
    ids = queries.map(([path], at) => next.watch(path, { organizationId }, before[at]?.lastEventId));
    socket = next;
    await next.settled();
  }

  async function untilAskedToReconnect({ frames, until }: LiveSocket): Promise<void> {
    let { length } = frames;
    while (!frames.some(({ method }) => method === "reconnect")) ({ length } = await until(length + 1));
  }

  /** Reconnects like a client that was asked to reconnect: it opens a new socket, and then closes the old one. */
  async function reconnect(old: LiveSocket): Promise<void> {
    const reconnectIndex = old.frames.findIndex(({ method }) => method === "reconnect");
    before = states();
    await open();
    // A refusal may still arrive, without a result.
    expect(old.frames.slice(reconnectIndex + 1).filter(({ result }) => result)).toEqual([]);
    old.socket.close();
  }

  return {
    /** The number of frames so far. Nothing more may be delivered to a removed member. */
    length: () => socket?.frames.length ?? 0,

    /** Waits until all earlier commits are delivered. */
    async catchUp(lengthBefore: number): Promise<void> {
      const code = await codeOf(http.papers.touch.mutate({ organizationId }));
      if (code !== "none") {
        expect(code).toBe("FORBIDDEN");
        if (!socket) return;
        expect((await socket.closed).code).toBe(4403);
        expect(socket.frames).toHaveLength(lengthBefore);
        before = states();
        socket = undefined;
        return;
      }
      if (!socket) return open();
      await Promise.race([socket.reached(cursor()), untilAskedToReconnect(socket)]);
      if (socket.frames.some(({ method }) => method === "reconnect")) await reconnect(socket);
    },

    /** Compares the delivered results with those of calls, if the calls succeed. */
    async compare(): Promise<void> {
      const fresh = await Promise.all(queries.map(([, ask]) => outcomeOf(ask(http, organizationId))));
      if (socket) expect(states().map(({ outcome }) => outcome)).toEqual(fresh);
      else expect(fresh).toEqual(queries.map(() => ({ code: "FORBIDDEN" })));
    },

    end: () => socket?.socket.close(),
  };
}

/** The resources of the steps of one history. */
interface World {
  readonly organizationId: string;
  readonly papers: string[];
}

type Step = (world: World) => Promise<unknown>;

const who = fc.nat({ max: 3 });
const role = fc.constantFrom("owner", "admin", "member");
const name = fc.constantFrom("a", "b", "mine");
const personAt = (index: number): Person => people[index % people.length]!;

/** Runs an action as the first person, from the given one on, who is not refused. */
async function by(from: number, call: (http: LiveClient) => Promise<unknown>): Promise<unknown> {
  let code: unknown;
  for (let at = from; at < from + people.length; at++) {
    code = await codeOf(call(personAt(at).http));
    if (code !== "FORBIDDEN") break;
  }
  return code;
}

/** Adds a person who is not a member, if they may still be invited. */
const join = fc.tuple(who, who, role).map(([from, at, as]): Step => async ({ organizationId }) => {
  const { http, email } = personAt(at);
  let invitationId = "";
  await by(from, async ({ organizations }) => {
    ({ id: invitationId } = await organizations.invitations.create.mutate({ organizationId, email, role: as }));
  });
  if (invitationId === "") return;
  await vi.waitFor(async () => {
    const found = (await http.organizations.list.query()).find(({ id }) => id === organizationId);
    expect(found).toMatchObject({ status: "invited", invitationId });
  }, eventually);
  await codeOf(http.organizations.invitations.accept.mutate({ invitationId }));
});

const invite = fc.tuple(who, who, role).map(
  ([from, at, as]): Step =>
    ({ organizationId }) =>
      by(from, ({ organizations }) =>
        organizations.invitations.create.mutate({ organizationId, email: personAt(at).email, role: as }),
      ),
);

const cancel = who.map(
  (from): Step =>
    ({ organizationId }) =>
      by(from, async ({ organizations: { invitations } }) => {
        const [first] = await invitations.list.query({ organizationId });
        if (first) await invitations.cancel.mutate({ organizationId, invitationId: first.id });
      }),
);

const setRole = fc.tuple(who, who, role).map(
  ([from, at, as]): Step =>
    ({ organizationId }) =>
      by(from, ({ organizations }) =>
        organizations.members.setRole.mutate({ organizationId, userId: personAt(at).user.id, role: as }),
      ),
);

const remove = fc.tuple(who, who).map(
  ([from, at]): Step =>
    ({ organizationId }) =>
      by(from, ({ organizations }) =>
        organizations.members.remove.mutate({ organizationId, userId: personAt(at).user.id }),
      ),
);

const leave = who.map(
  (at): Step =>
    ({ organizationId }) =>
      codeOf(personAt(at).http.organizations.leave.mutate({ organizationId })),
);

const transfer = fc.tuple(who, who).map(
  ([from, at]): Step =>
    ({ organizationId }) =>
      by(from, ({ organizations }) => organizations.transfer.mutate({ organizationId, userId: personAt(at).user.id })),
);

const rename = fc.tuple(who, name).map(
  ([from, to]): Step =>
    ({ organizationId }) =>
      by(from, ({ organizations }) => organizations.update.mutate({ organizationId, name: to })),
);

const create = fc.tuple(who, name).map(
  ([from, called]): Step =>
    ({ organizationId, papers }) =>
      by(from, async (http) => papers.push((await http.papers.create.mutate({ organizationId, name: called })).id)),
);

const discard = fc.tuple(who, who).map(
  ([from, at]): Step =>
    ({ organizationId, papers }) =>
      by(from, (http) => http.papers.delete.mutate({ organizationId, id: papers.at(-1 - at) ?? "none" })),
);

const step = fc.oneof(
  { weight: 4, arbitrary: join },
  { weight: 3, arbitrary: setRole },
  { weight: 3, arbitrary: create },
  { weight: 2, arbitrary: remove },
  transfer,
  leave,
  invite,
  cancel,
  rename,
  discard,
);

it("gives each live query its caller's result of a fresh run after each commit of any history of members and roles", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ run: step, sleeps: fc.boolean() }), { minLength: 4, maxLength: 10 }),
      async (steps) => {
        const { id: organizationId } = await personAt(0).http.organizations.create.mutate({ name: "Acme" });
        const world: World = { organizationId, papers: [] };
        const object = env.LIVE_DO.getByName(organizationName(organizationId));
        const watching = people.map((person) => watchAs(person, organizationId));
        await watching[0]?.catchUp(0);
        for (const { run, sleeps } of steps) {
          const lengths = watching.map(({ length }) => length());
          if (sleeps) await evictDurableObject(object, { webSockets: "hibernate" });
          await run(world);
          await Promise.all(watching.map((each, index) => each.catchUp(lengths[index] ?? 0)));
          await Promise.all(watching.map((each) => each.compare()));
        }
        for (const each of watching) each.end();
      },
    ),
    // A missing delivery is a failure too, and is reported with its history.
    { numRuns: 6, timeout: 60_000, interruptAfterTimeLimit: 100_000 },
  );
}, 180_000);
