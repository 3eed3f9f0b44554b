import type { z } from "zod";

/** An object of the app's fields as a part of an input: left out, it is what its fields make of nothing, if they all do. */
export function optionalIfEmpty(schema: z.ZodObject): z.ZodType {
  return schema.safeParse({}).success ? schema.prefault({}) : schema;
}
