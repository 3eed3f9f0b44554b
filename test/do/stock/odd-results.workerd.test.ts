import { describe, expect, it } from "vitest";
import { additions, expectedErrors, sendable, unexpectedErrors, unsendable } from "../../fixtures/app/odd-results.js";
import { codeOfError } from "../../fixtures/transports.js";
import { signUpToStock } from "../../fixtures/stock-transports.js";

const { transports } = await signUpToStock();
const places = ["object", "worker"] as const;
const cases = (names: object) => places.flatMap((place) => Object.keys(names).map((name) => [name, place] as const));

/** An error's code, and all of it that a client receives. */
async function failure(call: Promise<unknown>) {
  const error = (await call.then(
    () => new Error("It succeeded."),
    (cause: unknown) => cause,
  )) as { readonly message: string; readonly data?: object };
  return { code: codeOfError(error), shown: JSON.stringify([error.message, error.data]) };
}

// A server caller gets the errors of its own app, and its values never become JSON.
describe.each(transports.filter(({ name }) => name !== "RPC"))("over $name", (transport) => {
  /** A call beside it in the same batch, where the link batches. */
  const beside = (place: (typeof places)[number]) => transport.query(place === "object" ? "odd.ok" : "odd.worker.ok");

  it.each(cases(unexpectedErrors))("masks %s, thrown in the %s", async (name, place) => {
    const [thrown, other] = await Promise.all([
      failure(transport.query(`odd.${place}.unexpected`, name)),
      beside(place),
    ]);
    expect(other).toBe("ok");
    expect(thrown.code).toBe("INTERNAL_SERVER_ERROR");
    expect(thrown.shown).not.toContain("hunter2");
  });

  it.each(cases(expectedErrors))("sends %s, thrown in the %s", async (name, place) => {
    const [{ code, shown }, other] = await Promise.all([
      failure(transport.query(`odd.${place}.expected`, name)),
      beside(place),
    ]);
    expect([code, other]).toEqual(["CONFLICT", "ok"]);
    expect(shown).toContain("Taken.");
  });

  it.each(cases(unsendable))("fails only the call that returns %s in the %s", async (name, place) => {
    const [{ code, shown }, other] = await Promise.all([
      failure(transport.query(`odd.${place}.unsendable`, name)),
      beside(place),
    ]);
    expect([code, other]).toEqual(["INTERNAL_SERVER_ERROR", "ok"]);
    expect(shown).not.toContain("hunter2");
  });

  it.each(cases(sendable))("delivers %s of the %s", async (name, place) => {
    const [value, other] = await Promise.all([transport.query(`odd.${place}.sendable`, name), beside(place)]);
    expect(value).toEqual(sendable[name]?.[1]);
    expect(other).toBe("ok");
  });

  it.each(cases(additions))("sends an error to which a formatter added %s, in the %s", async (name, place) => {
    const [{ code, shown }, other] = await Promise.all([
      failure(transport.query(`odd.${place}.formatted`, name)),
      beside(place),
    ]);
    expect([code, other]).toEqual(["CONFLICT", "ok"]);
    expect(shown).toContain("Taken.");
  });
});

// The stream sends the promise's error later, after the result.
describe.each(transports.filter(({ name }) => name !== "batch-stream"))("over $name", (transport) => {
  it.each(Object.keys(unexpectedErrors))("masks %s, with which a nested promise rejects", async (name) => {
    const [{ code, shown }, other] = await Promise.all([
      failure(transport.query("odd.object.nested", name)),
      transport.query("odd.ok"),
    ]);
    expect([code, other]).toEqual(["INTERNAL_SERVER_ERROR", "ok"]);
    expect(shown).not.toContain("hunter2");
  });
});
