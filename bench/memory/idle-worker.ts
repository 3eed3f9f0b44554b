import { createUserDO } from "trpc-userdo/do";
import { createWorker } from "trpc-userdo/worker";
import { noMail } from "../app/no-mail.js";
import { appRouter } from "../app/router.js";
import { collectGarbage } from "./collect-garbage.js";

export class BlogDO extends createUserDO(appRouter, noMail) {}

const app = createWorker(appRouter, { binding: "BLOG_DO" });

export default {
  ...app,
  fetch: (request, env, ctx) =>
    new URL(request.url).pathname === "/gc" ? collectGarbage() : app.fetch(request, env, ctx),
} satisfies ExportedHandler<Cloudflare.Env>;
