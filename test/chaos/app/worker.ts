import { createUserDO } from "trpc-userdo/do";
import { createHandler } from "trpc-userdo/worker";
import { limits } from "./limits.js";
import { appRouter } from "./router.js";

/** Windows so large that no schedule fills one, so each commit is delivered on its own. */
export class WideDO extends createUserDO(appRouter, {
  sockets: { ...limits, windowEvents: 100_000, windowBytes: 100_000_000 },
}) {
  /** Writes directly to the storage, as an app's own method may. */
  raw(statements: readonly string[]): void {
    for (const statement of statements) this.ctx.storage.sql.exec(statement);
  }
}

/** Windows that a few events fill, so that subscribers lag and catch up all the time. */
export class NarrowDO extends createUserDO(appRouter, { sockets: { ...limits, windowEvents: 5 } }) {
  raw(statements: readonly string[]): void {
    for (const statement of statements) this.ctx.storage.sql.exec(statement);
  }
}

/** The same, and clients that do not read are soon disconnected. */
export class HastyDO extends createUserDO(appRouter, { sockets: { ...limits, windowEvents: 5, windowSeconds: 0.2 } }) {
  raw(statements: readonly string[]): void {
    for (const statement of statements) this.ctx.storage.sql.exec(statement);
  }
}

const handlers = [
  createHandler(appRouter, { binding: "WIDE_DO", path: "/wide" }),
  createHandler(appRouter, { binding: "NARROW_DO", path: "/narrow" }),
  createHandler(appRouter, { binding: "HASTY_DO", path: "/hasty" }),
];

export default {
  async fetch(request, env, ctx): Promise<Response> {
    for (const handler of handlers) {
      const response = await handler(request, env, ctx);
      if (response) return response;
    }
    return new Response(null, { status: 404 });
  },
} satisfies ExportedHandler<Cloudflare.Env>;
