import { createCaller, createHandler } from "trpc-userdo/worker";
import { appRouter, type AppRouter } from "../app/router.js";

export { BlogDO } from "../app/worker.js";

const handle = createHandler(appRouter, { binding: "BLOG_DO" });

/** The app, with a path for each thing that an operator or the server does in the benchmark. */
export default {
  async fetch(request, env, ctx): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const userId = searchParams.get("userId") ?? "";
    const caller = createCaller<AppRouter>(env.BLOG_DO);
    if (pathname === "/suspend") {
      return Response.json(await caller.asSystem().admin.users.suspend({ userId, reason: "The benchmark" }));
    }
    if (pathname === "/unsuspend") {
      return Response.json(await caller.asSystem().admin.users.unsuspend({ userId, reason: "The benchmark" }));
    }
    if (pathname === "/write") {
      const title = searchParams.get("title") ?? "";
      return Response.json(await caller.asUser({ userId }).posts.create({ title, body: "" }));
    }
    if (pathname === "/posts") return Response.json(await caller.asUser({ userId }).posts.list());
    return (await handle(request, env, ctx)) ?? new Response(null, { status: 404 });
  },
} satisfies ExportedHandler<{ BLOG_DO: DurableObjectNamespace }>;
