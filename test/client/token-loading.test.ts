import { execFile } from "node:child_process";
import { mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let folder: string;
/** The chunk with the token code. */
let chunk: string;

/** Bundles the client in chunks, like an app's bundler. */
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "trpc-userdo-chunks-"));
  await build({
    entryPoints: [path.resolve("src/client/index.ts")],
    outdir: folder,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    outExtension: { ".js": ".mjs" },
  });
  chunk = await chunkOf("client-tokens");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function chunkOf(module: string): Promise<string> {
  const found = (await readdir(folder)).find((name) => name.startsWith(module));
  if (!found) throw new Error(`${module} is not in a separate chunk.`);
  return path.join(folder, found);
}

/** Runs a script in Node against the bundle, and returns what it passes to `report`. */
async function run(script: string, missing = chunk): Promise<unknown> {
  const source = `
    import { rename } from "node:fs/promises";
    import { createClient } from ${JSON.stringify(pathToFileURL(path.join(folder, "index.mjs")).href)};
    const chunk = ${JSON.stringify(missing)};
    const sent = [];
    /** While true, calls of the first user stay without a reply. */
    let holdsFirst = false;
    const tokensOf = (user) => ({
      accessToken: "access-" + user,
      accessExpiresAt: Date.now() + 3_600_000,
      refreshToken: user + ".session.0.mac",
      refreshExpiresAt: Date.now() + 3_600_000,
    });
    let stored = tokensOf("a");
    /** The Authorization header of each connection. None of them opens. */
    const connections = [];
    class Socket extends EventTarget {
      readyState = 0;
      constructor(url, { headers }) {
        super();
        connections.push(headers.authorization);
      }
      close() {}
    }
    const open = (tokens) => createClient({
      url: "http://localhost/trpc",
      WebSocket: Socket,
      ...(tokens && { tokens: { get: () => stored, set: (tokens) => void (stored = tokens) } }),
      async fetch(url, init) {
        const paths = new URL(url).pathname.replace("/trpc/", "").split(",");
        sent.push([paths.join(","), init.headers.authorization ?? ""]);
        if (holdsFirst && init.headers.authorization === "Bearer access-a") await new Promise(() => {});
        const data = { user: { id: "b" }, tokens: tokensOf("b") };
        return Response.json(paths.map(() => ({ result: { data: { json: data } } })));
      },
    });
    const outcome = (call) => call.then(() => "done", (error) => error.name + ": " + (error.data?.code ?? error.message));
    const report = (value) => process.stdout.write(JSON.stringify(value), () => process.exit());
    ${script}
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", source]);
  return JSON.parse(stdout);
}

describe("the chunk with the token code", () => {
  it("imports nothing from the main chunk", async () => {
    expect((await readdir(folder)).filter((name) => name.startsWith("chunk-"))).toEqual([]);
  });

  it("is loaded by the first call of a client with tokens, and never by a client with cookies", async () => {
    await rename(chunk, `${chunk}.away`);
    try {
      const outcomes = await run(`
        report([await outcome(open(false).posts.list.query()), await outcome(open(true).posts.list.query())]);
      `);
      expect(outcomes).toEqual(["done", expect.stringMatching(/^TRPCClientError: .*client-tokens/)]);
    } finally {
      await rename(`${chunk}.away`, chunk);
    }
  });

  it("rejects every waiting call when it does not load, and is loaded again for the next call", async () => {
    await rename(chunk, `${chunk}.away`);
    try {
      const result = await run(`
        const client = open(true);
        const failed = await Promise.all([outcome(client.posts.list.query()), outcome(client.auth.login.mutate({}))]);
        const before = sent.length;
        await rename(chunk + ".away", chunk);
        const next = await outcome(client.posts.list.query());
        await rename(chunk, chunk + ".away");
        report({ failed, before, next, sent });
      `);
      const failure: unknown = expect.stringMatching(/^TRPCClientError: .*client-tokens/);
      expect(result).toEqual({
        failed: [failure, failure],
        before: 0,
        next: "done",
        sent: [["posts.list", "Bearer access-a"]],
      });
    } finally {
      await rename(`${chunk}.away`, chunk);
    }
  });

  it("is loaded before a sign-in is sent, so that its tokens are not lost", async () => {
    await rename(chunk, `${chunk}.away`);
    try {
      const result = await run(`
        const client = open(true);
        const signIns = [() => client.auth.login.mutate({}), () => client.auth.signup.mutate({})];
        const failed = [];
        for (const signIn of signIns) failed.push(await outcome(signIn()));
        const before = { sent: sent.length, stored: stored.accessToken };
        await rename(chunk + ".away", chunk);
        const next = await outcome(client.auth.login.mutate({}));
        await rename(chunk, chunk + ".away");
        report({ failed, before, next, sent, stored: stored.accessToken });
      `);
      const failure: unknown = expect.stringMatching(/^TRPCClientError: .*client-tokens/);
      expect(result).toEqual({
        failed: [failure, failure],
        before: { sent: 0, stored: "access-a" },
        next: "done",
        sent: [["auth.login", ""]],
        stored: "access-b",
      });
    } finally {
      await rename(`${chunk}.away`, chunk);
    }
  });

  it("preserves the order of the calls that wait for it", async () => {
    const result = await run(`
      const client = open(true);
      const calls = ["one", "two", "three"].map((name) => client.posts[name].query());
      calls.push(Promise.resolve().then(() => client.posts.four.query()));
      await Promise.all(calls);
      report(sent.flatMap(([paths]) => paths.split(",")));
    `);
    expect(result).toEqual(["posts.one", "posts.two", "posts.three", "posts.four"]);
  });

  it("binds a call to the session in which it started, not to the one in which the code is loaded", async () => {
    const result = await run(`
      const client = open(true);
      holdsFirst = true;
      const early = outcome(client.posts.list.query());
      await client.auth.login.mutate({});
      const late = await outcome(client.posts.list.query());
      report({ early: await early, late, stored: stored.accessToken, sent });
    `);
    expect(result).toEqual({
      early: "TRPCClientError: UNAUTHORIZED",
      late: "done",
      stored: "access-b",
      sent: expect.arrayContaining([
        ["auth.login", ""],
        ["posts.list", "Bearer access-b"],
      ]),
    });
    const { sent } = result as { sent: [string, string][] };
    expect(sent.filter(([, authorization]) => authorization === "Bearer access-b")).toHaveLength(1);
  });
});

describe("a socket", () => {
  it.each(["client-tokens", "owner-socket"])(
    "opens no connection while the chunk %s does not load, and loads it again",
    async (module) => {
      const missing = await chunkOf(module);
      await rename(missing, `${missing}.away`);
      try {
        const result = await run(
          `
          const errors = [];
          const failed = Promise.withResolvers();
          open(true).posts.changes.subscribe(undefined, {
            onError: (error) => report({ ended: error.message }),
            onConnectionStateChange({ error }) {
              if (!error) return;
              errors.push(String(error.cause.cause ?? error.cause));
              failed.resolve();
            },
          });
          await failed.promise;
          const before = [...connections];
          await rename(chunk + ".away", chunk);
          while (connections.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
          await rename(chunk, chunk + ".away");
          report({ errors, before, connections });
          `,
          missing,
        );
        expect(result).toEqual({
          errors: expect.arrayContaining([expect.stringContaining(module)]),
          before: [],
          connections: ["Bearer access-a"],
        });
      } finally {
        await rename(`${missing}.away`, missing);
      }
    },
  );
});
