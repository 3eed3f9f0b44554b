import { initTRPC } from "@trpc/server";
import { expect, it } from "vitest";
import { createLiveResults } from "../../../src/do/live/live-result.js";
import { transformer } from "../../../src/router/transformer.js";

it("measures a live query's result in its size on the wire, whatever its characters", () => {
  const toResult = createLiveResults(initTRPC.create({ transformer }).router({}));
  const empty = toResult("").bytes;
  expect(["a", "é", "€", "🙂"].map((text) => toResult(text).bytes - empty)).toEqual([1, 2, 3, 4]);
});
