import { appendFile } from "node:fs/promises";
import path from "node:path";
import { createClient, watchQuery, type SessionTokens } from "trpc-userdo/client";
import { initUserDO, table } from "trpc-userdo/router";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket as NodeWebSocket } from "ws";
import { z } from "zod";
import { startExample, type RunningExample } from "./start-example.js";

const t = initUserDO({ tables: { user: { tasks: table(z.object({ title: z.string() })) } } });

/** The part of the example's router that this test calls, for its types. */
const router = t.router({
  ...t.builtin,
  tasks: t.router({
    list: t.userProcedure.query(({ ctx }) => ctx.tables.tasks.all()),
    create: t.userProcedure
      .input(z.object({ title: z.string() }))
      .mutation(({ ctx, input }) => ctx.tables.tasks.create(input)),
    changes: t.userProcedure.subscription(({ ctx, signal }) => ctx.tables.tasks.changes({ signal })),
  }),
});
type AppRouter = typeof router;

let example: RunningExample;

beforeAll(async () => void (example = await startExample()), 180_000);
afterAll(() => example?.stop());

const eventually = { timeout: 60_000, interval: 250 };

it("delivers each event once and keeps queries live across hot updates under Vite", async () => {
  let storedTokens: SessionTokens | undefined;
  const client = createClient<AppRouter>({
    url: new URL("/trpc", example.url).href,
    tokens: { get: () => storedTokens, set: (tokens) => void (storedTokens = tokens) },
    WebSocket: NodeWebSocket as unknown as typeof WebSocket,
  });
  await client.auth.signup.mutate({ email: "hot@example.com", password: "correct horse battery" });
  const created: string[] = [];
  const errors: unknown[] = [];
  let titles: string[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  await new Promise<void>((resolve) => {
    client.tasks.changes.subscribe(undefined, {
      onStarted: () => resolve(),
      onData: ({ data }) => void (data.type === "create" && created.push(data.data.title)),
      onError,
    });
  });
  watchQuery(client.tasks.list, undefined, {
    onData: (list) => void (titles = list.map(({ title }) => title)),
    onError,
  });

  const written: string[] = [];
  for (const title of ["one", "two", "three"]) {
    const before = updatesIn(example.output());
    await appendFile(path.join(example.folder, "worker/router.ts"), `// ${title}\n`);
    await expect.poll(() => updatesIn(example.output()), eventually).toBeGreaterThan(before);
    // The first call after an update may find the server reloading.
    await expect
      .poll(() => client.tasks.list.query().then(({ length }) => length, String), eventually)
      .toBe(written.length);
    await client.tasks.create.mutate({ title });
    written.push(title);
    await expect.poll(() => titles.toReversed(), eventually).toEqual(written);
  }
  await expect.poll(() => created, eventually).toEqual(written);
  expect(errors).toEqual([]);
});

/** The number of updates of the Worker in Vite's output. */
function updatesIn(output: string): number {
  return output.match(/hot updated|page reload|program reload|hmr update/g)?.length ?? 0;
}
