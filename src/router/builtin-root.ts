import { initTRPC } from "@trpc/server";
import { createBaseProcedures } from "./base-procedures.js";
import type { BaseContext } from "./context.js";
import type { AppDefinition } from "./definition.js";
import { withRunner } from "./runner/runnable.js";
import { transformer } from "./transformer.js";

const root = initTRPC.context<BaseContext>().create({ transformer, isDev: false });

const router: typeof root.router = (record) => withRunner(root.router(record));

/**
 * The tRPC root of the built-in routers. All apps can share it, because tRPC formats errors and serializes values with the root
 * of the app's router. With the error shape `unknown`, clients infer the shape of the app's `errorFormatter`.
 */
export const builtinRoot = {
  router,
  ...createBaseProcedures<AppDefinition, BaseContext, unknown>(root.procedure),
};
