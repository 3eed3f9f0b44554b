import type { TRPCClient } from "@trpc/client";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { StockRouter } from "../../fixtures/app/stock.js";
import { columnValues } from "../../fixtures/column-values.js";
import { listen, openStockClient } from "../../fixtures/stock-client.js";
import { signUpToStock } from "../../fixtures/stock-transports.js";

type Row = { readonly id: string } & Record<string, unknown>;

/** A stock client sends U+FFFD unescaped, which a socket refuses: see the tests of messages. */
const isSendable = (values: unknown): boolean =>
  !JSON.stringify(values, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value)).includes(
    "\uFFFD",
  );

const values = fc
  .record(
    { ...columnValues, left: fc.string(), empty: fc.option(fc.date({ noInvalidDate: true })) },
    { requiredKeys: [...Object.keys(columnValues), "empty"] as never, noNullPrototype: true },
  )
  // Objects without a prototype do not cross Workers RPC as input.
  .map(({ object, ...others }) => ({ ...others, object: { ...(object as object) } }))
  .filter(isSendable);

it("returns stored values over every transport, live and in changes", async () => {
  const { browser, transports } = await signUpToStock();
  const client = openStockClient(browser, { path: "/stock" }).client as unknown as TRPCClient<StockRouter>;
  const changes = listen(client.stored.changes, undefined);
  await changes.started();
  let count = 0;

  const transport = fc.constantFrom(...transports);
  await fc.assert(
    fc.asyncProperty(transport, values, transport, values, async (creates, one, updates, other) => {
      const created = (await creates.mutate("stored.create", one)) as Row;
      expect(created).toMatchObject(one);
      const watched = listen(client._live as never, { path: "stored.find", input: created.id } as never);
      expect(await watched.until(1)).toMatchObject([{ data: created }]);
      for (const each of transports) expect(await each.query("stored.find", created.id)).toEqual(created);

      const updated = (await updates.mutate("stored.update", { id: created.id, patch: other })) as Row;
      expect(updated).toMatchObject(other);
      for (const each of transports) expect(await each.query("stored.find", created.id)).toEqual(updated);
      await expect.poll(() => watched.events.at(-1)).toMatchObject({ data: updated });
      watched.unsubscribe();

      count += 2;
      const received = (await changes.until(count)).slice(-2).map(({ data }) => data);
      const right = [
        { type: "create", id: created.id, data: created },
        { type: "update", id: created.id, data: updated },
      ];
      expect(received).toEqual(right);
    }),
    { numRuns: 20 },
  );
}, 180_000);
