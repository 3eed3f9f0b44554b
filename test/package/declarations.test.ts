import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { readBlocks, writeBlocks } from "./page-blocks.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const shared = {
  target: "es2023",
  module: "esnext",
  moduleResolution: "bundler",
  jsx: "react-jsx",
  strict: true,
  exactOptionalPropertyTypes: true,
  verbatimModuleSyntax: true,
  skipLibCheck: true,
  declaration: true,
  emitDeclarationOnly: true,
};

/** Further exports of apps, in addition to the README's. */
const parts = {
  "base.ts": `
import { initUserDO, table } from "trpc-userdo/router";
import { z } from "zod";

export const Task = z.object({ title: z.string(), due: z.date().optional() });
export const tables = { tasks: table(Task, { indexes: ["due"] }) };
export const t = initUserDO({
  tables: { user: tables, organization: { items: table(z.object({ sku: z.string() })) }, app: tables },
  profile: z.object({ nickname: z.string() }),
  session: z.object({ theme: z.string() }),
  kv: { preferences: z.object({ theme: z.enum(["light", "dark"]) }) },
  roles: { keeper: ["item:write"], viewer: [] },
  organizationSettings: z.object({ plan: z.string() }),
  context: () => ({ requestedAt: new Date(0) }),
  errorFormatter: ({ shape, path }) => ({ ...shape, data: { ...shape.data, at: path } }),
});
export const gate = t.middleware(({ next, path }) => next({ ctx: { path } }));
export const mayWrite = t.can("item:write");
export const timed = t.procedure.use(({ next }) => next({ ctx: { at: 1 } }));
export const mine = t.userProcedure.use(gate).use(({ ctx, next }) => next({ ctx: { tasks: ctx.tables.tasks, kv: ctx.kv } }));
export const theirs = t.organizationProcedure.use(mayWrite).use(({ ctx, next }) => next({ ctx: { as: ctx.member } }));
export const everyones = t.appProcedure.use(gate).use(({ ctx, next }) => next({ ctx: { shared: ctx.tables.tasks } }));
`,
  "full.ts": `
import { createUserDO } from "trpc-userdo/do";
import { createCaller, createHandler, createLoadSession, getUserDO } from "trpc-userdo/worker";
import { everyones, mine, t, theirs, timed } from "./base";

export const tasks = t.router({
  page: mine.query(({ ctx }) => ctx.tables.tasks.page()),
  overdue: mine.concat(timed).query(({ ctx }) => ctx.db.all(ctx.db.selectFrom("tasks").select(["title", "due"]))),
  changes: mine.subscription(({ ctx, signal }) => ctx.tables.tasks.changes({ signal })),
  preferences: mine.subscription(({ ctx, signal }) => ctx.kv.watch({ key: "preferences" }, { signal })),
  entries: mine.query(({ ctx }) => ctx.kv.list()),
});
export const items = t.router({ list: theirs.query(({ ctx }) => ({ items: ctx.tables.items.all(), as: ctx.as })) });
export const merged = t.mergeRouters(
  t.router({ ...t.builtin, shared: everyones.query(({ ctx }) => ctx.shared.all()) }),
  t.router({ tasks, items }),
);
export type Merged = typeof merged;

export class FullDO extends createUserDO(merged) {
  open() {
    return this.tables.tasks.where("due", "==", null).all();
  }
  query() {
    return this.tables.tasks.orderBy("due");
  }
  protected keys() {
    return this.kv;
  }
  protected rows() {
    return this.db.selectFrom("tasks").selectAll();
  }
}
export const handler = createHandler(merged, { binding: "FULL_DO" });
export const loadSession = createLoadSession<Merged>({ binding: "FULL_DO" });
export const callers = (env: { FULL_DO: DurableObjectNamespace<FullDO> }) => createCaller<Merged>(env.FULL_DO);
export const asUser = (env: { FULL_DO: DurableObjectNamespace<FullDO> }) => callers(env).asUser({ userId: "u" });
export const stub = (env: { FULL_DO: DurableObjectNamespace<FullDO> }) => getUserDO(env.FULL_DO, { userId: "u" });
`,
  "client.tsx": `
import { QueryClient, notifyManager, useQuery } from "@tanstack/react-query";
import { createTRPCClient } from "@trpc/client";
import { connectLive, createClient, onSignInChange, userdoLink, watchQuery } from "trpc-userdo/client";
import { createUserDOReact } from "trpc-userdo/react";
import type { Merged } from "./full";

export const trpc = createClient<Merged>();
export const link = userdoLink<Merged>();
export const own = createTRPCClient<Merged>({ links: [link] });
export const connection = connectLive({ client: trpc, queryClient: new QueryClient(), notifyManager });
export const stop = onSignInChange(trpc, () => {});
export const watch = (onData: (count: number) => void) =>
  watchQuery(trpc.tasks.page, undefined, { onData: ({ items }) => onData(items.length) });
export const userDO = createUserDOReact<Merged>();
export const { useTRPC, useSession, live } = userDO;
export const usePage = () => useQuery(live(useTRPC().tasks.page.queryOptions()));
export const useWho = () => useSession();
export const me = () => trpc.auth.me.query();
export const session = () => trpc.sessions.data.get.query();
export const organizations = () => trpc.organizations.list.query();

// The inferred types are complete in the declarations.
export const dueOf = async (): Promise<Date | undefined> => (await trpc.tasks.page.query()).items[0]?.due;
export const nicknameOf = async (): Promise<string> => (await trpc.auth.me.query()).user.profile.nickname;
export const planOf = async (organizationId: string): Promise<string> =>
  (await trpc.organizations.get.query({ organizationId })).settings.plan;
// @ts-expect-error the role does not exist
void trpc.organizations.invitations.create.mutate({ organizationId: "o", email: "a@b.example", role: "boss" });
`,
};

async function compile(folder: string): Promise<string> {
  const tsc = path.join(root, "node_modules/.bin/tsc");
  const { stdout } = await promisify(execFile)(tsc, ["-p", folder, "--pretty", "false"]).catch(
    (error: { stdout: string }) => error,
  );
  return stdout;
}

async function settings(folder: string, compilerOptions: object): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(
    path.join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { ...shared, ...compilerOptions } }),
  );
}

test("compiles an app that emits declarations, and its frontend against them", { timeout: 120_000 }, async () => {
  const blocks = await readBlocks("README.md");
  const samples = blocks.filter(({ name }) => /^(worker|src|elsewhere).*\.tsx?$/.test(name ?? ""));
  const ofServer = (name = ""): boolean => !name.startsWith("src/");

  await mkdir(path.join(root, "test-results"), { recursive: true });
  const folder = await mkdtemp(path.join(root, "test-results/declarations-"));
  try {
    // An app's own folder, in which the package is one of others: the compiler may then name only the package's exports.
    const installed = path.join(folder, "node_modules/trpc-userdo");
    await mkdir(installed, { recursive: true });
    await cp(path.join(root, "package.json"), path.join(installed, "package.json"));
    await cp(path.join(root, "dist"), path.join(installed, "dist"), { recursive: true });
    await writeFile(path.join(folder, "package.json"), JSON.stringify({ name: "an-app", type: "module" }));

    const server = path.join(folder, "server");
    const web = path.join(folder, "web");
    await settings(server, { lib: ["esnext"], types: ["@cloudflare/workers-types"], outDir: web });
    await settings(web, { lib: ["esnext", "dom"], types: [], outDir: path.join(folder, "out") });
    await writeBlocks(
      server,
      samples.filter(({ name }) => ofServer(name)),
    );
    await writeBlocks(
      web,
      samples.filter(({ name }) => !ofServer(name)),
    );
    for (const [name, code] of Object.entries(parts)) {
      await writeFile(path.join(name.endsWith("x") ? web : server, name), code);
    }

    expect(await compile(server)).toBe("");
    expect(await compile(web)).toBe("");
  } finally {
    await rm(folder, { recursive: true });
  }
});
