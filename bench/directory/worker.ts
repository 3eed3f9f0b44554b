import { createUserDO } from "trpc-userdo/do";
import { initUserDO } from "trpc-userdo/router";
import { createCaller, createWorker } from "trpc-userdo/worker";
import { z } from "zod";
import { noMail } from "../app/no-mail.js";

const t = initUserDO({ profile: z.object({ name: z.string().optional() }) });
const appRouter = t.router({ ...t.builtin });

export class BlogDO extends createUserDO(appRouter, { ...noMail, directory: { email: true, profile: ["name"] } }) {}

interface DirectoryEnv {
  readonly BLOG_DO: DurableObjectNamespace<BlogDO>;
}

/** Reports that are sent in one call. */
const BATCH = 500;
const names = ["Ada", "Grace", "Alan", "Barbara", "Edsger", "Katherine", "Donald", "Margaret", "Niklaus", "Radia"];

/** The report of a made-up user. Every minute, another one signs up. */
function reportOf(index: number, seenDay: number) {
  const name = `${names[index % names.length]} ${(index * 7_919).toString(36)}`;
  return {
    id: `user${index.toString(36).padStart(28, "0")}`,
    version: index + seenDay * 10_000_000,
    createdAt: 1_600_000_000_000 + index * 60_000,
    seenDay,
    emailVerified: index % 3 > 0,
    suspendedUntil: index % 10_000 === 0 ? Number.MAX_SAFE_INTEGER : null,
    roles: index % 1_000 === 0 ? ["support"] : [],
    organizationCount: index % 4,
    schema: { framework: 1, app: "0123abcd" },
    email: `${name.toLowerCase().replace(" ", ".")}@example${index % 100}.com`,
    profile: JSON.stringify({ json: { name } }),
    profileText: name,
  };
}

async function report(env: DirectoryEnv, from: number, to: number, seenDay: number): Promise<void> {
  for (let first = from; first < to; first += BATCH) {
    const letters = Array.from({ length: Math.min(BATCH, to - first) }, (_, index) => ({
      seq: index + 1,
      kind: "user",
      payload: reportOf(first + index, seenDay),
    }));
    const receipt = await env.BLOG_DO.getByName("directory:0").internal({ op: "deliver", source: "bench", letters });
    if ((receipt as { readonly done?: number }).done !== letters.length) throw new Error(JSON.stringify(receipt));
  }
}

/** The app, with the reports of many users, and a caller that has all permissions. */
export default {
  ...createWorker(appRouter, { binding: "BLOG_DO" }),
  async fetch(request, env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/report") {
      await report(
        env,
        Number(searchParams.get("from")),
        Number(searchParams.get("to")),
        Number(searchParams.get("seenDay")),
      );
      return new Response();
    }
    const { users } = createCaller<typeof appRouter>(env.BLOG_DO).asSystem().admin;
    const input = JSON.parse(searchParams.get("input") ?? "{}") as { readonly search?: string };
    return Response.json(await (pathname === "/list" ? users.list(input) : users.count(input)));
  },
} satisfies ExportedHandler<DirectoryEnv>;
