import { initTRPC } from "@trpc/server";
import { createBaseProcedures } from "./base-procedures.js";
import type { BaseContext } from "./context.js";
import type { AppDefinition } from "./definition.js";
import { transformer } from "./transformer.js";

const root = initTRPC.context<BaseContext>().create({ transformer, isDev: false });

/**
 * What the built-in routers are built on. One for all apps: a procedure's errors are formatted, and its values
 * serialized, by the root of the router it is called through, never by the one it was built on. To tRPC's types
 * an `unknown` error shape says just that: the client infers what the app's `errorFormatter` gives.
 */
export const builtinRoot = {
  router: root.router,
  ...createBaseProcedures<AppDefinition, BaseContext, unknown>(root.procedure),
};
