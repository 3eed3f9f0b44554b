import { createUserDO, devInbox } from "trpc-userdo/do";
import { createHandler } from "trpc-userdo/worker";
import { noteAwake } from "./awake.ts";
import { appRouter } from "./router.ts";

/**
 * One object for each user: their account, their sessions, their tasks, their sockets. In development its mail is kept
 * for the page /inbox; to send it, give createUserDO the options `mail` and `appUrl`.
 */
export class TasksDO extends createUserDO(appRouter) {
  constructor(state: DurableObjectState, env: Cloudflare.Env) {
    super(state, env);
    noteAwake(state.id.name);
  }
}

const trpc = createHandler(appRouter, { binding: "TASKS_DO" });

export default {
  async fetch(request, env: Env, ctx) {
    const { pathname } = new URL(request.url);
    // A route of the app's own, beside tRPC's: nothing is there but in development.
    if (pathname === "/dev/inbox" && env.DEV === "true") return Response.json(devInbox(env));
    return (await trpc(request, env, ctx)) ?? new Response("There is no such page.", { status: 404 });
  },
} satisfies ExportedHandler<Env>;

interface Env extends Cloudflare.Env {
  readonly DEV?: string;
}
