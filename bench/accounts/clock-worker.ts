import { setOffset } from "./clock.js";
import { createUserDO } from "trpc-userdo/do";
import { createWorker } from "trpc-userdo/worker";
import { noMail } from "../app/no-mail.js";
import { appRouter } from "../app/router.js";

/** All options have their defaults, so the figures are those of an app that sets no options. */
export class BlogDO extends createUserDO(appRouter, noMail) {}

const app = createWorker(appRouter, { binding: "BLOG_DO" });

/** The app, with an additional way to set its clock. Its objects run in the same isolate. */
export default {
  ...app,
  fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname !== "/clock") return app.fetch(request, env, ctx);
    setOffset(Number(searchParams.get("offset")));
    return new Response();
  },
} satisfies ExportedHandler<Cloudflare.Env>;
