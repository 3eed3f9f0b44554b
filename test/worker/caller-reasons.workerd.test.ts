import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createCaller, errorReason } from "trpc-userdo/worker";
import type { FirstRouter } from "../fixtures/app/versions.js";

async function caught(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    return error;
  }
}

describe("errorReason reads the reason of an error of createCaller", () => {
  const callers = createCaller<FirstRouter>(env.VERSIONS_DO);

  it("for a user id that is not one", async () => {
    const error = await caught(() => callers.asUser({ userId: "not an id" }).tasks.list());
    expect([(error as { code: unknown }).code, errorReason(error)]).toEqual(["NOT_FOUND", "USER_NOT_FOUND"]);
  });

  it("for an unknown user", async () => {
    const error = await caught(() => callers.asUser({ userId: "0123456789abcdef0123456789abcdef" }).tasks.list());
    expect([(error as { code: unknown }).code, errorReason(error)]).toEqual(["NOT_FOUND", "USER_NOT_FOUND"]);
  });

  it("for a missing organization", async () => {
    const error = await caught(() => callers.asSystem().shared.list({} as never));
    expect([(error as { code: unknown }).code, errorReason(error)]).toEqual(["BAD_REQUEST", "ORGANIZATION_ID_MISSING"]);
  });

  it("for an organization id that is not one", async () => {
    const error = await caught(() => callers.asSystem().shared.list({ organizationId: "not an id" }));
    expect([(error as { code: unknown }).code, errorReason(error)]).toEqual(["BAD_REQUEST", "ORGANIZATION_ID_INVALID"]);
  });
});
