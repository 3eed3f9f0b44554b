import { renderHook } from "@testing-library/react";
import type { TRPCClient } from "@trpc/client";
import type { ReactNode } from "react";
import { afterAll, describe, expect, it, vi } from "vitest";
import type { AppRouter } from "../fixtures/app/router.js";
import { createUserDOReact } from "../../src/react/index.js";
import { requireProvider } from "../../src/react/create-user-do-react.js";

const { UserDOProvider, useTRPC, useTRPCClient, useSession } = createUserDOReact<AppRouter>();
const log = vi.spyOn(console, "error").mockImplementation(() => {});
afterAll(() => log.mockRestore());

describe("a hook without a provider", () => {
  it.each([
    ["useTRPC", useTRPC, "useTRPC"],
    ["useTRPCClient", useTRPCClient, "useTRPCClient"],
    ["useSession", useSession, "useTRPCClient"],
  ] as const)("%s throws an error that names UserDOProvider", (_name, useHook, named) => {
    expect(() => renderHook(() => useHook())).toThrow(`${named}() needs a <UserDOProvider> around the component.`);
  });
});

describe("a hook that fails for another reason", () => {
  it.each([
    ["an error of the client", new Error("The client has been closed.")],
    ["a promise, to suspend", Promise.resolve()],
    ["undefined", undefined],
  ])("passes on %s", (_name, thrown) => {
    const hook = requireProvider("useTRPC", () => {
      throw thrown;
    });
    let caught: unknown = "nothing";
    try {
      hook();
    } catch (cause) {
      caught = cause;
    }
    expect(caught).toBe(thrown);
  });

  it.each([
    ["useTRPC", useTRPC],
    ["useTRPCClient", useTRPCClient],
    ["useSession", useSession],
  ])("passes on React's error for %s outside of a component", (_name, useHook) => {
    let message = "nothing";
    try {
      useHook();
    } catch (cause) {
      message = String(cause);
    }
    // React 18 and 19 have different errors.
    expect(message).toMatch(/invalid hook call|useContext/i);
    expect(message).not.toContain("UserDOProvider");
  });

  it("passes on the error of a client whose calls fail, under a provider", () => {
    const failure = new Error("This client has no network.");
    const client = new Proxy({} as TRPCClient<AppRouter>, {
      get() {
        throw failure;
      },
    });
    const wrapper = ({ children }: { readonly children: ReactNode }) => (
      <UserDOProvider client={client}>{children}</UserDOProvider>
    );
    expect(() => renderHook(() => useSession(), { wrapper })).toThrow(failure);
  });
});
