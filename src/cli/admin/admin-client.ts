import type { TRPCClient } from "@trpc/client";
import { createClient } from "../../client/index.js";
import type { createAdminRouter } from "../../router/admin/admin-router.js";
import type { createAuthRouter } from "../../router/auth/auth-router.js";
import type { builtinRoot } from "../../router/builtin-root.js";
import type { AppDefinition } from "../../router/definition.js";
import type { TokenFile } from "./token-file.js";

/** The built-in procedures that the commands call. */
type BuiltinRouter = ReturnType<
  typeof builtinRoot.router<{
    auth: ReturnType<typeof createAuthRouter<AppDefinition>>;
    admin: ReturnType<typeof createAdminRouter<AppDefinition>>;
  }>
>;

export type AdminClient = TRPCClient<BuiltinRouter>;

/** A client of any app, with the session of a file. */
export function createAdminClient(url: URL, tokens: TokenFile): AdminClient {
  return createClient<BuiltinRouter>({ url: url.href, tokens, retries: 2 });
}
