import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createCaller, errorReason } from "trpc-userdo/worker";
import type { StreamsRouter } from "../../fixtures/app/streams.js";
import { signUp } from "../../fixtures/browser.js";
import { overHttp, overSocket } from "../../fixtures/transports.js";

function form(): FormData {
  const data = new FormData();
  data.append("title", "x");
  data.append("file", new File(["x"], "x.txt"));
  return data;
}

const rejection = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => expect.fail("The call was not rejected."),
    (error: unknown) => error,
  );

describe("a stock client with httpLink", () => {
  it.each<readonly [string, () => unknown]>([
    ["FormData", form],
    ["a File", () => new File(["x"], "x.txt")],
    ["a Blob", () => new Blob(["x"])],
    ["a Uint8Array", () => new Uint8Array([1, 2])],
  ])("gets an error that suggests the alternative for %s", async (_name, input) => {
    const { browser } = await signUp();
    const single = overHttp(browser, "single");
    for (const path of ["posts.create", "auth.requestPasswordReset", "unknown.procedure"]) {
      const error = await rejection(single.mutate(path, input()));
      expect(errorReason(error)).toBe("BINARY_INPUT");
      expect(error).toMatchObject({
        data: { code: "UNSUPPORTED_MEDIA_TYPE", httpStatus: 415 },
        message: expect.stringContaining("upload files through a route of your own") as string,
      });
    }
  });

  it("gets another reason for other content types", async () => {
    const { browser } = await signUp();
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "image/png"]) {
      const response = await browser.fetch("/trpc/posts.create", {
        method: "POST",
        headers: { "content-type": type },
        body: "x",
      });
      const { error } = (await response.json()) as { error: { json: { data: { code: string; reason?: string } } } };
      expect([error.json.data.code, error.json.data.reason]).toEqual([
        "UNSUPPORTED_MEDIA_TYPE",
        "CONTENT_TYPE_UNSUPPORTED",
      ]);
    }
  });

  it("does not read more of a form than the limit", async () => {
    const { browser } = await signUp();
    const response = await browser.fetch("/trpc/posts.create", {
      method: "POST",
      headers: { "content-type": "multipart/form-data; boundary=x" },
      body: new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1_024)) }),
    });
    expect(response.status).toBe(415);
    await response.body?.cancel();
  });
});

it("reaches a schema as an empty object over links that use superjson", async () => {
  const { browser } = await signUp();
  for (const transport of [overHttp(browser, "batch"), overHttp(browser, "batch-stream"), await overSocket(browser)]) {
    for (const input of [form(), new File(["x"], "x.txt")]) {
      expect(await rejection(transport.mutate("posts.create", input))).toMatchObject({ data: { code: "BAD_REQUEST" } });
    }
  }
});

describe("a server caller", () => {
  const caller = async () => {
    const { user } = await signUp();
    return createCaller<StreamsRouter>(env.BLOG_DO).asUser({ userId: user.id }) as unknown as Readonly<
      Record<string, Readonly<Record<string, (input: unknown) => Promise<unknown>>>>
    >;
  };

  it.each<readonly [string, () => unknown]>([
    ["FormData", form],
    ["a File", () => new File(["x"], "x.txt")],
    ["a File in an object", () => ({ file: new File(["x"], "x.txt") })],
    ["a File in a Map", () => new Map([["file", new File(["x"], "x.txt")]])],
  ])("gets an error that suggests the alternative for %s", async (_name, input) => {
    const error = await rejection((await caller())["posts"]!["create"]!(input()));
    expect(errorReason(error)).toBe("BINARY_INPUT");
    expect(error).toMatchObject({ code: "UNSUPPORTED_MEDIA_TYPE" });
    expect((error as Error).message).toContain("Send the fields as an object");
  });

  it("may send a Blob, which Workers RPC supports", async () => {
    const { posts } = await caller();
    expect(await posts!["create"]!({ title: "x", body: "", file: new Blob(["x"]) })).toMatchObject({ title: "x" });
  });
});
