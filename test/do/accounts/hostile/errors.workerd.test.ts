import { afterEach, expect, it, vi } from "vitest";
import { freshEmail, password, signUp } from "../../../fixtures/browser.js";
import { signedInTransports, anonymousTransport, anonymousTransports } from "../../../fixtures/transports.js";

afterEach(() => vi.restoreAllMocks());

const failureOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

/** All text of an error: its message, its other fields and its cause. */
function allOf(error: unknown): string {
  const { message, cause } = error as Error;
  return `${String(error)} ${message} ${JSON.stringify(error)} ${cause === error ? "" : JSON.stringify(cause)}`;
}

it.each(["broken", "thrown-string", "thrown-cause"])(
  "shows only a code and a request id over every transport when onSignup throws %s",
  async (kind) => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    for (const name of anonymousTransports) {
      const error = await failureOf(
        anonymousTransport(name).mutate("auth.signup", { email: `${kind}-${freshEmail()}`, password }),
      );
      expect(error).toMatchObject({ data: { code: "INTERNAL_SERVER_ERROR" } });
      // A form's reply is a redirect. Everything else is in the log.
      if (name !== "form")
        expect(error).toMatchObject({ data: { requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) } });
      expect(allOf(error)).not.toMatch(/hunter2/);
    }
    expect(log.mock.calls.flat().map(String).join(" ")).toContain(kind === "thrown-cause" ? "outer" : "hunter2");
  },
);

it.each(["throwsError", "throwsString", "throwsWithCause"])(
  "shows only a code and a request id over every transport when a procedure throws %s",
  async (name) => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    for (const transport of await signedInTransports(await signUp())) {
      const error = await failureOf(transport.query(`odd.${name}`));
      const { data, code } = error as { data?: { code: string; requestId?: string }; code?: string };
      expect({ transport: transport.name, code: data?.code ?? code }).toEqual({
        transport: transport.name,
        code: "INTERNAL_SERVER_ERROR",
      });
      expect(allOf(error)).not.toMatch(/hunter2|SQLITE|secret/);
      if (transport.name !== "RPC") expect(data?.requestId).toMatch(/^[0-9a-f-]{36}$/);
      else expect((error as Error).message).toMatch(/[0-9a-f-]{36}/);
    }
  },
);
