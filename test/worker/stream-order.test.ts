import { createTRPCClient, httpBatchStreamLink } from "@trpc/client";
import superjson from "superjson";
import { app } from "../fixtures/served-app.js";
import { describe, expect, it } from "vitest";
import type { AppRouter } from "../fixtures/app/router.js";

/** A stock client of the batch-stream link over real HTTP, which accepts compressed responses like a browser. */
async function signUp() {
  let cookie = "";
  const encodings: (string | null)[] = [];
  const client = createTRPCClient<AppRouter>({
    links: [
      httpBatchStreamLink({
        url: `${app.origin}/trpc`,
        transformer: superjson,
        async fetch(url, init) {
          const given = (init as RequestInit | undefined)?.headers as Record<string, string>;
          const headers = { ...given, origin: app.origin, cookie, "accept-encoding": "gzip, deflate, br" };
          const response = await fetch(url, { ...(init as RequestInit), headers });
          const lines = response.headers.getSetCookie().map((line) => line.split(";")[0]);
          if (lines.length > 0) cookie = lines.join("; ");
          encodings.push(response.headers.get("content-encoding"));
          return response;
        },
      }),
    ],
  });
  await client.auth.signup.mutate({
    email: `${crypto.randomUUID()}@example.com`,
    password: "correct horse battery",
  });
  return { client, encodings, cookie: () => cookie };
}

const post = { title: "One", body: "" };

describe("a batch stream", { timeout: 20_000 }, () => {
  it("delivers a quick query while a slow one of the same object waits", async () => {
    const { client } = await signUp();
    const slow = client.odd.awaitPost.query();
    const quick = client.posts.list.query();
    expect(await quick).toEqual([]);
    await client.posts.create.mutate(post);
    expect(await slow).toBe("found");
  });

  it("delivers quick ones of two objects while a slow one waits, and an error as soon as it occurs", async () => {
    const { client } = await signUp();
    const { id: organizationId } = await client.organizations.create.mutate({ name: "Engine Club" });
    const slow = client.odd.awaitPost.query();
    const beside = await Promise.allSettled([
      client.projects.list.query({ organizationId }),
      client.posts.byId.query({ id: "nothing" }),
      client.ping.query(),
    ]);
    expect(beside.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    await client.posts.create.mutate(post);
    expect(await slow).toBe("found");
  });

  it("delivers each value of a stream when it is yielded, to a client that accepts compression", async () => {
    const { client, encodings } = await signUp();
    const values: unknown[] = [];
    for await (const value of await client.odd.streamPost.query()) {
      values.push(value);
      if (value === "waiting") await client.posts.create.mutate(post);
    }
    expect(values).toEqual(["waiting", "found"]);
    expect(encodings).not.toContain("gzip");
  });
});

describe("an event stream", { timeout: 20_000 }, () => {
  it("delivers each event when it is written, to a client that accepts compression", async () => {
    const { client, cookie } = await signUp();
    const headers = { cookie: cookie(), origin: app.origin, "accept-encoding": "gzip, deflate, br" };
    const response = await fetch(`${app.origin}/trpc/posts.changes`, { headers });
    expect(response.headers.get("content-encoding")).not.toBe("gzip");
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (reader && !text.includes("event: connected")) text += (await reader.read()).value;
    const { id } = await client.posts.create.mutate(post);
    while (reader && !text.includes(id)) text += (await reader.read()).value;
    expect(text).toContain(id);
    await reader?.cancel();
  });
});
