import { expect, test } from "vitest";
import { expectCalls, expectRejected, expectUpgrade, post, request, upgrade } from "./expect-gate.js";

test("accepts a socket at the prefix itself", async () => {
  expect((await expectUpgrade(upgrade("/trpc"))).owner).toBeUndefined();
  expect((await expectUpgrade(upgrade("/trpc", { upgrade: "WebSocket" }))).url.pathname).toBe("/trpc");
});

test("returns the organization of a socket", async () => {
  const { owner } = await expectUpgrade(upgrade("/trpc?organizationId=Org-1-a"));
  expect(owner).toEqual({ type: "organization", id: "Org-1-a" });
});

test.each(["app", "app=", "v=1&app", "app&connectionParams=1"])(
  "returns the app as the owner of a socket at ?%s",
  async (query) => {
    expect((await expectUpgrade(upgrade(`/trpc?${query}`))).owner).toEqual({ type: "app", id: "main" });
  },
);

test.each(["app=main", "app=1", "app&app", "app&organizationId=a", "organizationId=a&app="])(
  "rejects a socket at ?%s",
  (query) => expectRejected(upgrade(`/trpc?${query}`), "BAD_REQUEST"),
);

test.each(["", "a.b", "a/b", "user:1", "%00", "a%20b", "x".repeat(129), "a&organizationId=b"])(
  "rejects the organization id %j",
  (id) => expectRejected(upgrade(`/trpc?organizationId=${id}`), "BAD_REQUEST"),
);

test.each(["/trpc/", "/trpc/posts.changes", "/trpc//"])("rejects a socket at %s", (path) =>
  expectRejected(upgrade(path), "NOT_FOUND"),
);

test("accepts the announcement of connectionParams, and rejects their values in the URL", async () => {
  await expectUpgrade(upgrade("/trpc?connectionParams=1"));
  await expectRejected(upgrade("/trpc?connectionParams=%7B%22token%22%3A%22sesame%22%7D"), "BAD_REQUEST", "sesame");
});

test("ignores upgrades to other protocols and by other methods", async () => {
  await expectRejected(request("/trpc", { headers: { upgrade: "h2c" } }), "NOT_FOUND");
  await expectCalls(post("/trpc/q", "{}", { upgrade: "websocket" }));
});

test("returns the credentials of an upgrade", async () => {
  expect((await expectUpgrade(upgrade("/trpc", { authorization: "Bearer t.o.k" }))).bearer).toBe("t.o.k");
  const byCookie = upgrade("/trpc", { cookie: "a=1; __Host-userdo-access=x", origin: "https://app.example.com" });
  expect((await expectUpgrade(byCookie)).cookies).toEqual({ "__Host-userdo-access": "x" });
});
