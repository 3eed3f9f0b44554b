import { describe, expect, it } from "vitest";
import { addToDevice, knownDevice } from "../../src/jwt/device-token.js";

const secrets = { current: "a".repeat(32) };
const audience = "BLOG_DO";
const newId = "0123456789abcdef".repeat(2);
const [ada = "", bob = ""] = ["1", "2"].map((digit) => digit.repeat(32));
const epochs = ["", "AAAAAAAAAAA", "BBBBBBBBBBB"] as const;
const options = { secrets, audience, newId };

const add = (token: string | undefined, userId: string, epoch: string) =>
  addToDevice(token, userId, { ...options, epoch });
const find = (token: string | undefined, userId: string) => knownDevice(token, userId, options);

describe("a device token", () => {
  it.each(epochs)("contains the epoch in which a user signed in (%j)", async (epoch) => {
    const token = await add(undefined, ada, epoch);
    expect(await find(token, ada)).toEqual({ id: newId, epoch });
    expect(await find(token, bob)).toBeUndefined();
    expect(await knownDevice(token, ada, { ...options, audience: "OTHER_DO" })).toBeUndefined();
    expect(await knownDevice(token, ada, { ...options, secrets: { current: "b".repeat(32) } })).toBeUndefined();
  });

  it("has the form of earlier versions in the first epoch", async () => {
    expect(await add(undefined, ada, "")).toMatch(/^[0-9a-f]{32}\.[A-Za-z0-9_-]{22}$/);
  });

  it("keeps its id and one entry per user, of the newest epoch", async () => {
    let token = await add(undefined, bob, "");
    for (const epoch of epochs) token = await add(token, ada, epoch);
    expect(token.split(".")).toHaveLength(3);
    expect(await find(token, ada)).toEqual({ id: newId, epoch: "BBBBBBBBBBB" });
    expect(await find(token, bob)).toEqual({ id: newId, epoch: "" });
  });

  it("keeps the last four users", async () => {
    const users = ["3", "4", "5", "6", "7"].map((digit) => digit.repeat(32));
    let token: string | undefined;
    for (const [index, user] of users.entries()) token = await add(token, user, epochs[index % 3] ?? "");
    const known = await Promise.all(users.map((user) => find(token, user)));
    expect(known.map((each) => each !== undefined)).toEqual([false, true, true, true, true]);
  });

  it("stays valid after a rotation of the secret, and is signed again with the new one", async () => {
    const rotated = { ...options, secrets: { current: "b".repeat(32), previous: secrets.current } };
    const token = await add(undefined, ada, "AAAAAAAAAAA");
    expect(await knownDevice(token, ada, rotated)).toEqual({ id: newId, epoch: "AAAAAAAAAAA" });
    const renewed = await addToDevice(token, ada, { ...rotated, epoch: "AAAAAAAAAAA" });
    expect(renewed.split(".")).toHaveLength(2);
    expect(await knownDevice(renewed, ada, { ...options, secrets: { current: "b".repeat(32) } })).toMatchObject({
      epoch: "AAAAAAAAAAA",
    });
  });

  it("is rejected with another epoch than the signed one, or in any other form", async () => {
    const token = await add(undefined, ada, "AAAAAAAAAAA");
    const [id, entry = ""] = token.split(".");
    const forged = [
      `${id}.${entry.slice(11)}`,
      `${id}.BBBBBBBBBBB${entry.slice(11)}`,
      `${id}.A${entry}`,
      `${id}.${entry}.`,
      `${id}`,
      `${"f".repeat(32)}.${entry}`,
      `${token}.${entry}.${entry}.${entry}.${entry}`,
    ];
    for (const text of forged) expect(await find(text, ada)).toBeUndefined();
  });

  it("replaces a token of any other form", async () => {
    expect(await add("no token", ada, "")).toBe(await add(undefined, ada, ""));
  });
});
