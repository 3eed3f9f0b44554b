import type { TrackedEnvelope } from "@trpc/server";
import { initUserDO, type Kv, type KvChange, type KvEntry } from "trpc-userdo/router";
import { expectTypeOf } from "vitest";
import { z } from "zod";

const schemas = {
  preferences: z.object({ theme: z.enum(["light", "dark"]).default("light") }),
  length: z
    .string()
    .transform((word) => word.length)
    .pipe(z.number()),
};
declare const kv: Kv<typeof schemas>;
declare const key: string;
type Preferences = { theme: "light" | "dark" };

// A declared key reads and accepts the type of its schema.
expectTypeOf(kv.get("preferences")).toEqualTypeOf<Preferences | undefined>();
expectTypeOf(kv.getEntry("preferences")).toEqualTypeOf<KvEntry<Preferences> | undefined>();
expectTypeOf(kv.get("length")).toEqualTypeOf<number | undefined>();
kv.set("preferences", {}, { ttl: 60, ifVersion: 1 });
kv.set("length", "word");
// @ts-expect-error not a member of the enum
kv.set("preferences", { theme: "pink" });
// @ts-expect-error the schema takes a string
kv.set("length", 4);
// @ts-expect-error the option does not exist
kv.set("length", "word", { expires: 1 });

// Any other key can store any value.
expectTypeOf(kv.get("draft:1")).toEqualTypeOf<unknown>();
expectTypeOf(kv.get(key)).toEqualTypeOf<unknown>();
kv.set("draft:1", { at: new Date() });
kv.set(key, 1n);
// @ts-expect-error a key is a string
kv.get(1);
expectTypeOf(kv.increment("count", 2)).toEqualTypeOf<number>();
expectTypeOf(kv.delete(key)).toEqualTypeOf<boolean>();
expectTypeOf(kv.list({ prefix: "draft:" }).items).toEqualTypeOf<KvEntry[]>();

// A watcher of a declared key receives typed values.
expectTypeOf(kv.watch({ key: "preferences" })).toEqualTypeOf<
  AsyncIterable<TrackedEnvelope<KvChange<Preferences>>, void>
>();
expectTypeOf(kv.watch({ prefix: "draft:" })).toEqualTypeOf<AsyncIterable<TrackedEnvelope<KvChange>, void>>();
// @ts-expect-error either a key or a prefix
kv.watch({});

// Both kinds of owner have kv, and without the option all keys are free.
const t = initUserDO({ kv: schemas });
t.userProcedure.query(({ ctx }) => expectTypeOf(ctx.kv.get("preferences")).toEqualTypeOf<Preferences | undefined>());
t.organizationProcedure.query(({ ctx }) =>
  expectTypeOf(ctx.kv.get("preferences")).toEqualTypeOf<Preferences | undefined>(),
);
// @ts-expect-error runs in the Worker
t.procedure.query(({ ctx }) => ctx.kv);
const plain = initUserDO();
plain.userProcedure.query(({ ctx }) => expectTypeOf(ctx.kv.get("preferences")).toEqualTypeOf<unknown>());
// @ts-expect-error the kv router has a procedure of this name
initUserDO({ kv: { list: z.string() } });
