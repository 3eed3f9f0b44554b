import { dehydrate, hydrate, type DehydratedState } from "@tanstack/react-query";
import fc from "fast-check";
import superjson from "superjson";
import { expect, it } from "vitest";
import { createQueryClient } from "../../src/react/query-defaults.js";
import { superjsonValue } from "../fixtures/superjson-value.js";

const sendAsJson = (state: DehydratedState) => JSON.parse(JSON.stringify(state)) as DehydratedState;
const sendAsSuperjson = (state: DehydratedState) => superjson.parse<DehydratedState>(superjson.stringify(state));

/** The value as the other side of superjson reads it. */
const received = (value: unknown): unknown => superjson.parse(superjson.stringify(value));

it("hydrates any data that superjson carries, sent as JSON", () => {
  fc.assert(
    fc.property(superjsonValue, (value) => {
      const [server, browser] = [createQueryClient(), createQueryClient()];
      const key = [["posts", "list"], { type: "query" }];
      server.setQueryData(key, { value });
      hydrate(browser, sendAsJson(dehydrate(server)));
      expect(browser.getQueryData(key)).toEqual({ value: received(value) });
      server.clear();
      browser.clear();
    }),
  );
});

it("finds a hydrated query by any key that superjson carries", () => {
  fc.assert(
    fc.property(superjsonValue, (input) => {
      const [server, browser] = [createQueryClient(), createQueryClient()];
      const key = [["posts", "list"], { input, type: "query" }];
      server.setQueryData(key, "data");
      hydrate(browser, sendAsSuperjson(dehydrate(server)));
      expect(browser.getQueryData(key)).toBe("data");
      expect(browser.getQueryCache().find({ queryKey: key })?.state.data).toBe("data");
      browser.setQueryData(key, "changed");
      expect(browser.getQueryCache().getAll()).toHaveLength(1);
      server.clear();
      browser.clear();
    }),
  );
});
