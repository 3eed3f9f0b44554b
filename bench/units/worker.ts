import { setOffset } from "../accounts/clock.js";
import { createUserDO } from "trpc-userdo/do";
import { createWorker } from "trpc-userdo/worker";
import { noMail } from "../app/no-mail.js";
import { countCalls, countRows, takeUnits } from "./count-units.js";
import { appRouter } from "./router.js";

const AppDO = createUserDO(appRouter, noMail);
countCalls(AppDO.prototype, ["trpc", "trpcRead", "internal", "internalRead", "fetch", "alarm", "webSocketMessage"]);

let offset = 0;

export class BlogDO extends AppDO {
  readonly #storage: DurableObjectStorage;

  constructor(state: DurableObjectState, env: Cloudflare.Env) {
    countRows(state.storage);
    super(state, env);
    this.#storage = state.storage;
  }

  /** Runs the alarms of the next hour, by moving the clock to each. */
  async runHour(): Promise<void> {
    const end = Date.now() + 3_600_000;
    for (;;) {
      const at = await this.#storage.getAlarm();
      if (at === null || at > end) break;
      setOffset((offset += Math.max(0, at - Date.now())));
      await this.#storage.deleteAlarm();
      await this.alarm();
    }
    setOffset((offset += Math.max(0, end - Date.now())));
  }
}

const app = createWorker(appRouter, { binding: "BLOG_DO" });

/** The app, with additional requests for the counts. */
export default {
  ...app,
  async fetch(request, env: { readonly BLOG_DO: DurableObjectNamespace<BlogDO> } & Cloudflare.Env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/units") return Response.json(takeUnits());
    if (pathname !== "/hour") return app.fetch(request, env, ctx);
    await env.BLOG_DO.getByName(searchParams.get("name") ?? "").runHour();
    return new Response();
  },
} satisfies ExportedHandler<Cloudflare.Env & { readonly BLOG_DO: DurableObjectNamespace<BlogDO> }>;
