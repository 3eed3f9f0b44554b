import { createUserDO } from "trpc-userdo/do";
import { initUserDO, table } from "trpc-userdo/router";
import { createCaller, createWorker } from "trpc-userdo/worker";
import { z } from "zod";

interface Env {
  readonly APP_DO: DurableObjectNamespace;
}

const t = initUserDO({ tables: { user: { tasks: table(z.object({ title: z.string() })) } } });

const appRouter = t.router({ ...t.builtin });

export class AppDO extends createUserDO(appRouter, { mail: () => Promise.resolve(), appUrl: "http://localhost" }) {}

const { fetch } = createWorker(appRouter, { binding: "APP_DO" });

export default {
  /** Makes a user a superadmin, and otherwise handles the calls. */
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname !== "/superadmin") return fetch(request, env, ctx);
    const app = createCaller<typeof appRouter>(env.APP_DO).asSystem();
    const userId = searchParams.get("userId") ?? "";
    return Response.json(await app.admin.roles.assign({ userId, role: "superadmin", reason: "A test." }));
  },
} satisfies ExportedHandler<Env>;
