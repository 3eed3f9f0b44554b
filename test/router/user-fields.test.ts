import { initUserDO, type UserFieldsSchema } from "trpc-userdo/router";
import { describe, expect, it } from "vitest";
import { z } from "zod";

describe("the option `fields` of initUserDO", () => {
  it.each([
    ["no field", z.object({})],
    ["optional fields", z.object({ plan: z.string().optional() })],
    ["defaults", z.object({ plan: z.string().default("free"), badge: z.string().nullable().default(null) })],
  ])("accepts a schema with %s", (_name, fields) => {
    // The cases have different types, and the type check accepts one at a time.
    expect(() => initUserDO({ fields: fields as never })).not.toThrow();
  });

  it("names the required fields, and the fix", () => {
    const fields: UserFieldsSchema = z.object({ plan: z.string(), credits: z.number(), badge: z.string().optional() });
    expect(() => initUserDO({ fields })).toThrow(
      "The option `fields` of initUserDO has required fields, but a new user has no fields: `plan`, " +
        "`credits`. Make each field optional, or give it a default.",
    );
  });
});
