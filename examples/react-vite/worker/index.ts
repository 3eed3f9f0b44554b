import { createUserDO, devInbox } from "trpc-userdo/do";
import { createHandler } from "trpc-userdo/worker";
import { noteAwake } from "./awake.ts";
import { appRouter } from "./router.ts";

/**
 * One object per user: their account, sessions, tasks and sockets. In development the page /inbox shows its mails; to send them,
 * give createUserDO the options `mail` and `appUrl`.
 */
export class TasksDO extends createUserDO(appRouter, {
  // For the search at /admin.
  directory: { email: true, profile: ["name"], organizationName: true },
}) {
  constructor(state: DurableObjectState, env: Cloudflare.Env) {
    super(state, env);
    noteAwake(state.id.name);
  }
}

const trpc = createHandler(appRouter, { binding: "TASKS_DO" });

export default {
  async fetch(request, env: Env, ctx) {
    const { pathname } = new URL(request.url);
    // A route of the app's own, beside tRPC's. It has mails in development only.
    if (pathname === "/dev/inbox" && env.DEV === "true") return Response.json(devInbox(env));
    return (await trpc(request, env, ctx)) ?? new Response("This page does not exist.", { status: 404 });
  },
} satisfies ExportedHandler<Env>;

interface Env extends Cloudflare.Env {
  readonly DEV?: string;
}
