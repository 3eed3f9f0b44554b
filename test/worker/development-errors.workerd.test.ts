import { createExecutionContext, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createUserDO } from "trpc-userdo/do";
import { createHandler } from "trpc-userdo/worker";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { appRouter } from "../fixtures/app/router.js";
import { origin, signUp } from "../fixtures/browser.js";

let log: ReturnType<typeof vi.spyOn>;

beforeEach(() => void (log = vi.spyOn(console, "error").mockImplementation(() => {})));
afterEach(() => void vi.restoreAllMocks());

const onlyInLog = /^Something went wrong on the server\. Its log has the details under request id [0-9a-f-]{36}\.$/;

const handler = createHandler(appRouter, { binding: "BLOG_DO" });

async function errorOf(path: string, bindings: object): Promise<{ message: string; data: { requestId: string } }> {
  const request = new Request(`${origin}/trpc/${path}`);
  const response = await handler(request, { ...env, ...bindings }, createExecutionContext());
  return ((await response!.json()) as { error: { json: never } }).error.json;
}

/** Runs a procedure in a user's object whose environment has a variable `DEV`. */
async function errorInObject(path: string, bindings: object): Promise<string> {
  const { user } = await signUp();
  const OwnDO = createUserDO(appRouter);
  return runInDurableObject(env.BLOG_DO.getByName(`user:${user.id}`), async (_instance, state) => {
    const object = new OwnDO(state, { ...env, ...bindings } as Cloudflare.Env);
    const [reply] = await object.trpc({ type: "user", userId: user.id, via: "rpc" }, [{ path, input: undefined }]);
    return reply?.ok === false ? reply.error.message : "no error";
  });
}

describe('with DEV="true"', () => {
  const DEV = "true";

  it("shows the browser an unexpected error of the Worker, with its request id", async () => {
    const { message, data } = await errorOf("odd.throwsWithCause", { DEV });
    expect(message).toMatch(/^outer hunter2 \(Shown because DEV is "true"\. .* request id [0-9a-f-]{36}\.\)$/);
    expect(message).toContain(data.requestId);
    expect(log.mock.calls.flat().join(" ")).toContain(data.requestId);
  });

  it("shows the error of a module that cannot be loaded", async () => {
    expect((await errorOf("broken.never", { DEV })).message).toContain("hunter2: no such chunk (Shown");
  });

  it.each([
    ["odd.throwsError", "SQLITE at /var/secret: password=hunter2 (Shown"],
    ["odd.throwsString", "password=hunter2 (Shown"],
  ])("shows an unexpected error of an object: %s", async (path, message) => {
    expect(await errorInObject(path, { DEV })).toContain(message);
  });
});

describe("without DEV", () => {
  it.each([[undefined], ["false"], ["1"], [true], ["TRUE"]])("shows only a request id: %j", async (DEV) => {
    expect((await errorOf("odd.throwsWithCause", { DEV })).message).toMatch(onlyInLog);
    expect((await errorOf("broken.never", { DEV })).message).toMatch(onlyInLog);
    expect(await errorInObject("odd.throwsError", { DEV })).toMatch(onlyInLog);
  });
});
