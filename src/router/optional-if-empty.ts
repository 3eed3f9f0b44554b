import type { z } from "zod";

/** The schema of the app's fields inside an input. It can be left out if every field is optional or has a default. */
export function optionalIfEmpty(schema: z.ZodObject): z.ZodType {
  return schema.safeParse({}).success ? schema.prefault({}) : schema;
}
