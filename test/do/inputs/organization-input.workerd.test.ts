import { env } from "cloudflare:workers";
import { createCaller } from "trpc-userdo/worker";
import { beforeAll, describe, expect, it } from "vitest";
import { kinds, opaqueKinds } from "../../fixtures/app/input-kinds.js";
import type { InputsRouter } from "../../fixtures/app/inputs.js";
import { freshEmail, openBrowser, password } from "../../fixtures/browser.js";
import { overHttp, overSocket, codeOfCall, type Transport } from "../../fixtures/transports.js";
import { eventsOf, openSocket, subscribe } from "../../fixtures/socket.js";

const path = "/inputs";
const objects = Object.entries(kinds).filter(([name]) => !(name in opaqueKinds || name === "coercedString"));

let organizationId: string;
let otherId: string;
let browser: ReturnType<typeof openBrowser>;
let transports: Transport[];

beforeAll(async () => {
  browser = openBrowser();
  const http = browser.client("batch", path);
  const { user } = await http.auth.signup.mutate({ email: freshEmail(), password });
  organizationId = (await http.organizations.create.mutate({ name: "Acme" })).id;
  otherId = (await http.organizations.create.mutate({ name: "Other" })).id;
  const here = { ...browser, client: (link: Parameters<typeof browser.client>[0]) => browser.client(link, path) };
  const callers = createCaller<InputsRouter>(env.INPUTS_DO);
  transports = [
    overHttp(here, "single"),
    overHttp(here, "batch"),
    overHttp(here, "batch-stream"),
    await overSocket(browser, `${path}?organizationId=${organizationId}`),
    through("asUser", callers.asUser({ userId: user.id })),
    through("asSystem", callers.asSystem()),
  ];
});

function through(name: string, caller: unknown): Transport {
  const call = (at: string, input: unknown): Promise<unknown> =>
    at.split(".").reduce<any>((one, part) => one[part], caller)(input) as Promise<unknown>;
  return { name, query: call, mutate: call };
}

describe("a procedure of an organization", () => {
  it("gives its schemas and its resolver the app's own input over every transport", async () => {
    for (const transport of transports) {
      for (const [name, { input, parsed = input }] of objects) {
        const sent = { ...(input as object), organizationId };
        // An input without other keys is an empty object where the schema accepts one.
        const right =
          name === "optional" || name === "strictOptional" || name === "chainedBeforeOptional" ? {} : parsed;
        const got = [
          await transport.query(`organization.${name}.query`, sent),
          await transport.mutate(`organization.${name}.mutate`, sent),
        ];
        expect({ transport: transport.name, name, got }).toEqual({
          transport: transport.name,
          name,
          got: Array(2).fill(expected(name, right)),
        });
      }
    }
  });

  function expected(name: string, input: unknown): object {
    return { input: name === "anything" || (name === "readonlyDefault" && input === undefined) ? {} : input };
  }

  it("stores its input unchanged, as the README does", async () => {
    for (const transport of transports) {
      const row = await transport.mutate("items.create", { organizationId, name: transport.name });
      expect(row).toEqual(expect.objectContaining({ name: transport.name }));
      expect(row).not.toHaveProperty("organizationId");
    }
  });

  it("gets the id as its own schema parses it", async () => {
    for (const transport of transports) {
      const input = { organizationId, name: "x" };
      expect(await transport.query("items.named", input)).toEqual({
        organizationId: `id ${organizationId}`,
        name: "x",
      });
      expect(await transport.query("items.chained", input)).toEqual(input);
    }
  });

  it("passes its middlewares the same input as its resolver", async () => {
    for (const transport of transports) {
      const seen = await transport.query("items.seen", { organizationId, name: "x" });
      expect(seen).toEqual({ before: undefined, behind: { name: "x" } });
    }
  });

  it("refuses input that does not fit the app's schema, and keys that it does not declare", async () => {
    for (const transport of transports) {
      for (const input of [{}, { name: 1 }, { name: "x", extra: 1 }, { name: "x", lastEventId: "1" }]) {
        const call = transport.mutate("items.create", { ...input, organizationId });
        expect(await codeOfCall(call)).toBe("BAD_REQUEST");
      }
    }
  });

  it("refuses another organization's id, and values that are not an id", async () => {
    const [, , , socket] = transports as [Transport, Transport, Transport, Transport];
    expect(await codeOfCall(socket.mutate("items.create", { organizationId: otherId, name: "x" }))).toBe("FORBIDDEN");
    for (const id of [undefined, null, 5, "", {}, [organizationId]]) {
      for (const transport of transports.filter(({ name }) => name !== "asSystem" && name !== "asUser")) {
        const call = transport.mutate("items.create", { ...(id !== undefined && { organizationId: id }), name: "x" });
        expect(await codeOfCall(call)).toBe("BAD_REQUEST");
      }
    }
  });

  it("refuses another organization's id from the app's own code", async () => {
    const [http] = transports as [Transport];
    expect(await http.query("items.fromInside", { organizationId, otherId })).toEqual([
      "FORBIDDEN",
      "BAD_REQUEST",
      "ok",
    ]);
  });

  it("works with a strict schema as a subscription", async () => {
    const socket = await openSocket(browser, `${path}?organizationId=${organizationId}`);
    socket.send(subscribe(1, "items.changes", undefined, { organizationId, name: "x" }));
    await socket.until(1);
    await (transports as [Transport])[0].mutate("items.create", { organizationId, name: "listened" });
    await socket.until(2);
    socket.socket.close();
    expect(eventsOf(socket.frames)).toMatchObject([{ change: { data: { name: "listened" } } }]);
  });
});
