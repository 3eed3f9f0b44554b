// The tables of an app, used by the app's own class.
import { createUserDO } from "trpc-userdo/do";
import { initUserDO, table } from "trpc-userdo/router";
import { createWorker, getUserDO } from "trpc-userdo/worker";
import { z } from "zod";
import { noMail } from "../app/no-mail.js";
import { answer, manyValues, repeat, runWork, type Request, type Works } from "./work.js";

const Post = z.object({ slug: z.string(), title: z.string().min(1), body: z.string(), done: z.boolean() });

const t = initUserDO({ tables: { user: { posts: table(Post, { indexes: ["slug"] }) } } });
const appRouter = t.router({ ...t.builtin });

export class BlogDO extends createUserDO(appRouter, noMail) {
  run(request: Request): unknown {
    const { posts } = this.tables;
    const { sql } = this.ctx.storage;
    const works: Works = {
      clear() {
        sql.exec("DELETE FROM posts");
        sql.exec("DELETE FROM _changes WHERE seq > 1 AND seq < (SELECT max(seq) FROM _changes)");
      },
      create: posts.create,
      createMany: posts.createMany,
      findById: posts.findById,
    };
    const { work, calls } = request;
    if (work === "seed") {
      if (posts.count() === calls) return calls;
      works.clear();
      return posts.createMany(manyValues(calls)).length;
    }
    // The title is as selective as the slug, and has no index.
    if (work === "indexed") return repeat(calls, () => posts.where("slug", "==", "post-77").all());
    if (work === "scan") return repeat(calls, () => posts.where("title", "==", "Post 77").all());
    return runWork(works, request);
  }
}

interface Env {
  readonly BLOG_DO: DurableObjectNamespace<BlogDO>;
}

const worker = createWorker(appRouter, { binding: "BLOG_DO" });

export default {
  async fetch(request, env, ctx): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname !== "/run") return worker.fetch(request, env, ctx);
    const userId = searchParams.get("userId") ?? "";
    return answer(request, async (work) => getUserDO(env.BLOG_DO, { userId }).run(work));
  },
} satisfies ExportedHandler<Env>;
