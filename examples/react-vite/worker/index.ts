import { createUserDO } from "trpc-userdo/do";
import { createWorker } from "trpc-userdo/worker";
import { noteAwake } from "./awake.ts";
import { appRouter } from "./router.ts";

/** One object for each user: their account, their sessions, their tasks, their sockets. */
export class TasksDO extends createUserDO(appRouter) {
  constructor(state: DurableObjectState, env: Cloudflare.Env) {
    super(state, env);
    noteAwake(state.id.name);
  }
}

export default createWorker(appRouter, { binding: "TASKS_DO" });
