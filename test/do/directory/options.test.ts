import { describe, expect, it } from "vitest";
import { z } from "zod";
import { directorySettings, type DirectoryOptions } from "../../../src/do/directory/directory-options.js";

const profile = z.object({ name: z.string().optional() });
const settings = (given?: object) => directorySettings(given as DirectoryOptions, { profile, onChange: undefined });

describe("the option directory", () => {
  it("has defaults without personal data", () => {
    expect(settings()).toEqual({ shards: 1, email: false, profile: [], organizationName: false, onChange: undefined });
    expect(settings({ shards: undefined, email: true })).toMatchObject({ shards: 1, email: true });
  });

  it.each([
    [{ shard: 2 }, '"shard" is not an option'],
    [{ shards: 0 }, "directory.shards: 0 is not valid"],
    [{ shards: 1.5 }, "directory.shards: 1.5 is not valid"],
    [{ shards: 33 }, "directory.shards: 33 is not valid"],
    [{ email: "yes" }, "directory.email is not a boolean"],
    [{ organizationName: 1 }, "directory.organizationName is not a boolean"],
    [{ profile: "name" }, "directory.profile is not an array"],
    [{ profile: ["nickname"] }, 'the profile has no field "nickname"'],
    [{ profile: ["toString"] }, 'the profile has no field "toString"'],
    [[], "the options are not an object"],
  ])("rejects %j", (given, message) => {
    expect(() => settings(given)).toThrow(message);
  });

  it("rejects fields of an app without a profile", () => {
    const given = { profile: ["name"] } as unknown as DirectoryOptions;
    expect(() => directorySettings(given, { profile: undefined, onChange: undefined })).toThrow("has no field");
  });
});
