import { describe, expect, it } from "vitest";
import { z } from "zod";
import { codeOf } from "../tables/code-of.js";
import { withKv } from "./with-kv.js";

describe("increment of a key whose schema has different input and output types", () => {
  it("accepts whatever the schema accepts, if the schema returns the sum", () => {
    const schemas = {
      codec: z.codec(z.string(), z.int().max(6), { decode: Number, encode: String }),
      clamped: z.number().transform((value) => Math.min(value, 6)),
      oneWay: z.string().transform(Number),
    };
    return withKv(({ kv }) => {
      for (const key of ["codec", "clamped"] as const) {
        kv.set(key, key === "codec" ? "5" : 5);
        expect(kv.increment(key)).toBe(6);
        expect(kv.get(key)).toBe(6);
      }
      expect(codeOf(() => kv.increment("codec"))).toBe("BAD_REQUEST");
      kv.increment("clamped", 5);
      expect([kv.get("codec"), kv.get("clamped")]).toEqual([6, 6]);
      kv.set("oneWay", "5");
      expect(codeOf(() => kv.increment("oneWay"))).toBe("BAD_REQUEST");
    }, schemas);
  });
});
