import { TRPCError } from "@trpc/server";
import { describe, expect, it } from "vitest";
import { formatError } from "../../src/router/format-error.js";
import { procedure, root } from "./runner/builder.js";
import { callWith } from "./runner/compare.js";

/** Formats an error, and returns its shape and the reported errors. */
function format(error: TRPCError, errorFormatter?: (options: { readonly shape: object }) => unknown) {
  const reports: string[] = [];
  const config = { ...root._config, ...(errorFormatter && { errorFormatter: errorFormatter as never }) };
  const options = { config, error, type: "query", path: "p", input: undefined, ctx: {} } as const;
  const shape = formatError(options, (report) => void reports.push(report.error.message));
  return { shape, reports };
}

const own = { message: "Taken.", data: { code: "CONFLICT", httpStatus: 409, path: "p" } };

describe("a formatter whose result is not a shape is reported, and replaced by tRPC's shape", () => {
  it.each([
    { message: "no data" },
    { message: "no data", data: null },
    { message: "a key that superjson refuses", data: JSON.parse('{"constructor":1}') as object },
  ])("from .errors(): %j", async (shape) => {
    const error = new TRPCError({ code: "CONFLICT", message: "Taken." });
    const built = procedure
      .errors(() => shape)
      .query(() => {
        throw error;
      });
    await expect(callWith("ours", built)).rejects.toBe(error);
    const formatted = format(error);
    expect(formatted.reports).toHaveLength(1);
    expect(formatted.shape).toMatchObject(own);
  });

  it.each([undefined, null, "text"])("from the app's errorFormatter, with the data %s", (data) => {
    const error = new TRPCError({ code: "CONFLICT", message: "Taken." });
    const formatted = format(error, ({ shape }) => ({ ...shape, data }));
    expect(formatted.reports).toEqual([expect.stringContaining("did not return a shape with `data`")]);
    expect(formatted.shape).toMatchObject(own);
  });
});
