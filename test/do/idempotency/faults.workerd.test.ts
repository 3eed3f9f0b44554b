import { runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { signUpToKeys, userObject } from "../../fixtures/keys.js";
import { count, seed } from "./fault-options.js";
import { createFaultyClient, createRandom, NoReply, type Body, type LogicalMutation } from "./faulty-client.js";

/** How many users there are, and how many mutations of each are under way. */
const USERS = 4;
const PARALLEL = 3;
/** The most times that a mutation is sent before the test fails. */
const MAX_ATTEMPTS = 40;

/** The paths, by how often they are called. */
const paths = ["entries.add", "entries.add", "entries.add", "entries.addRich", "entries.commit", "chain.send"] as const;

/** How often the texts of the entries in a user's object occur. */
const countTexts = (userId: string): Promise<Map<string, number>> =>
  runInDurableObject(
    userObject(userId),
    (_instance, { storage }) =>
      new Map(
        storage.sql
          .exec("SELECT text, count(*) AS count FROM entries GROUP BY text")
          .toArray()
          .map(({ text, count: times }) => [String(text), Number(times)]),
      ),
  );

it(
  `gives each of ${count} mutations one effect, and all of its repeats the same reply, under faults (seed ${seed})`,
  { timeout: 60_000 + count * 200 },
  async () => {
    const random = createRandom(seed);
    const pick = <TItem>(items: readonly TItem[]): TItem => items[Math.floor(random() * items.length)]!;
    const users = await Promise.all(Array.from({ length: USERS }, () => signUpToKeys()));
    const clients = users.map(createFaultyClient);
    const replies = new Map<string, Set<Body>>();
    const sent: { readonly mutation: LogicalMutation; readonly by: number; readonly to: number | undefined }[] = [];
    const faults = { lostRequests: 0, lostReplies: 0, duplicates: 0, evictions: 0, resets: 0 };

    /** Sends a mutation once, with a fault or without. Returns whether its client has a reply. */
    async function attempt(mutation: LogicalMutation, by: number): Promise<boolean> {
      const client = clients[by]!;
      const [fault, transport, second] = [random(), random(), random()];
      const keep = (body: Body): void => {
        const bodies = replies.get(mutation.key) ?? new Set();
        replies.set(mutation.key, bodies.add(body));
      };
      const send = (over: number): Promise<Body | undefined> =>
        client.send(mutation, over).catch((error: unknown) => {
          if (error instanceof NoReply) return undefined;
          throw error;
        });
      if (fault < 0.1) {
        faults.lostRequests++;
        return false;
      }
      if (fault < 0.3) {
        // The client does not read the reply. Sometimes it sends the mutation again while the first call runs.
        faults.lostReplies++;
        const lost = send(transport).then((body) => void (body !== undefined && keep(body)));
        if (second < 0.7) await lost;
        else pending.push(lost);
        return false;
      }
      if (fault < 0.4) {
        faults.duplicates++;
        const bodies = await Promise.all([send(transport), send(second), send(transport)]);
        for (const body of bodies) if (body !== undefined) keep(body);
        return bodies.some((body) => body !== undefined);
      }
      const sending = send(transport);
      if (fault < 0.42) {
        faults.resets++;
        await pick(users).reset();
      } else if (fault < 0.45) {
        faults.evictions++;
        await pick(users)
          .evict()
          .catch(() => {});
      }
      const body = await sending;
      if (body !== undefined) keep(body);
      return body !== undefined;
    }

    const pending: Promise<void>[] = [];
    let next = 0;

    async function run(by: number): Promise<void> {
      for (let index = next++; index < count; index = next++) {
        const path = pick(paths);
        const to = path === "chain.send" ? (by + 1 + Math.floor(random() * (USERS - 1))) % USERS : undefined;
        const text = `${seed}-${index}`;
        const input = to === undefined ? { text } : { text, to: users[to]!.user.id };
        const mutation: LogicalMutation = { path, input, key: `key-${text}` };
        sent.push({ mutation, by, to });
        let attempts = 0;
        while (!(await attempt(mutation, by))) {
          attempts++;
          if (attempts > MAX_ATTEMPTS)
            throw new Error(`${path} of ${text} was sent ${attempts} times without a reply.`);
        }
      }
    }

    await Promise.all(users.flatMap((_user, by) => Array.from({ length: PARALLEL }, () => run(by))));
    await Promise.all(pending);

    const texts = await Promise.all(users.map(({ user }) => countTexts(user.id)));
    const problems: string[] = [];
    let unknown = 0;
    for (const { mutation, by, to } of sent) {
      const { path, key, input } = mutation;
      const bodies = [...(replies.get(key) ?? [])];
      const effects = texts[by]?.get(input.text) ?? 0;
      const isUnknown = bodies.some((body) => body.includes("OUTCOME_UNKNOWN"));
      if (isUnknown) unknown++;
      // Only a mutation that is not repeatable can be interrupted. It has no second effect either.
      const isRight = isUnknown ? path === "entries.commit" && effects <= 1 : effects === 1 && bodies.length === 1;
      const received = to === undefined ? undefined : texts[to]?.get(input.text);
      if (!isRight || (received !== undefined && received !== 2) || (to !== undefined && received === undefined))
        problems.push(`${path} ${input.text}: ${effects} effects, ${received} received, ${JSON.stringify(bodies)}`);
      else if (!isUnknown && bodies[0]?.startsWith('{"error"')) problems.push(`${path}: ${bodies[0]}`);
    }
    expect(problems).toEqual([]);
    expect(sent).toHaveLength(count);
    expect(unknown).toBeLessThan(count / 10);
    for (const injected of Object.values(faults)) expect(injected).toBeGreaterThan(0);

    // Much later, after all objects were evicted, the replies are still the same.
    for (const user of users) await user.evict();
    for (const { mutation, by } of sent.slice(0, 100)) {
      const [first = ""] = replies.get(mutation.key) ?? [];
      if (!first.includes("OUTCOME_UNKNOWN")) expect(await clients[by]!.send(mutation, 0.5)).toBe(first);
    }
    for (const client of clients) await client.close();
  },
);
