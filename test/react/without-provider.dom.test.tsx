import { renderHook } from "@testing-library/react";
import { afterAll, describe, expect, it, vi } from "vitest";
import type { AppRouter } from "../fixtures/app/router.js";
import { createUserDOReact } from "../../src/react/index.js";

const { useTRPC, useTRPCClient, useSession } = createUserDOReact<AppRouter>();
const log = vi.spyOn(console, "error").mockImplementation(() => {});
afterAll(() => log.mockRestore());

describe("without a provider", () => {
  it.each([
    ["useTRPC", useTRPC, "useTRPC"],
    ["useTRPCClient", useTRPCClient, "useTRPCClient"],
    ["useSession", useSession, "useTRPCClient"],
  ] as const)("%s names UserDOProvider", (_name, useHook, named) => {
    expect(() => renderHook(() => useHook())).toThrow(`${named}() needs a <UserDOProvider> around the component.`);
  });
});
