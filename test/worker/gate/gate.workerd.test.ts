import { describe, expect, test } from "vitest";
import { limits } from "../../../src/shared/limits.js";
import { withGateHeaders } from "../../../src/worker/gate/gate-headers.js";
import { expectCalls, expectRejected, expectUpgrade, FRIEND, post, request, upgrade } from "./expect-gate.js";

const bytes = (...values: number[]) => new Uint8Array(values);

describe("the gate in the Workers runtime", () => {
  test("counts a stream without a length and cancels it", async () => {
    let cancelled = false;
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(32)),
      cancel: () => {
        cancelled = true;
      },
    });
    await expectRejected(post("/trpc/q", endless), "PAYLOAD_TOO_LARGE");
    expect(cancelled).toBe(true);
    await expectRejected(post("/trpc/q", `"${"a".repeat(limits.bodyBytes)}"`), "PAYLOAD_TOO_LARGE", "aaa");
  });

  test("survives a million nested arrays", () => expectRejected(post("/trpc/q", "[".repeat(1_000_000)), "BAD_REQUEST"));

  test("decodes UTF-8 strictly, except for one byte order mark", async () => {
    await expectRejected(post("/trpc/q", bytes(34, 0x80, 34)), "BAD_REQUEST");
    expect((await expectCalls(post("/trpc/q", bytes(0xef, 0xbb, 0xbf, 0x31)))).calls[0]?.input).toBe(1);
  });

  test("sees the headers that a browser sends", async () => {
    await expectRejected(request("/trpc/q", { headers: { cookie: "__Host-userdo-access=1" } }), "FORBIDDEN");
    await expectRejected(request("/trpc/q", { headers: { origin: "null" } }), "FORBIDDEN");
    const cookie = "__Host-userdo-access=1; __Host-userdo-access=2";
    await expectRejected(request("/trpc/q", { headers: { cookie, origin: FRIEND } }), "BAD_REQUEST");
    await expectUpgrade(upgrade("/trpc", { cookie: "a=1", "sec-fetch-site": "same-origin" }));
  });

  test("does not change the socket of a handshake", () => {
    const { 0: socket } = new WebSocketPair();
    const handshake = new Response(null, { status: 101, webSocket: socket });
    expect(withGateHeaders(handshake, { corsOrigin: FRIEND }).webSocket).toBe(socket);
  });

  test("adds its headers to a custom response, and keeps its status and `Vary`", async () => {
    const cached = new Response(new Response("[1]").body, { status: 207, headers: { vary: "accept" } });
    const reply = withGateHeaders(cached, { corsOrigin: FRIEND });
    expect(reply.status).toBe(207);
    expect(reply.headers.get("vary")).toBe("accept, Origin");
    expect(await reply.text()).toBe("[1]");
  });
});
