import { createUserDO } from "trpc-userdo/do";
import { createHandler } from "trpc-userdo/worker";
import { limits } from "./limits.js";
import { appRouter } from "./router.js";

/** Windows so wide that no schedule fills one: each commit is told on its own. */
export class WideDO extends createUserDO(appRouter, {
  sockets: { ...limits, windowEvents: 100_000, windowBytes: 100_000_000 },
}) {
  /** Writes past the tables, as an app's own method may. */
  raw(statements: readonly string[]): void {
    for (const statement of statements) this.ctx.storage.sql.exec(statement);
  }
}

/** Windows that a few events fill: subscribers fall behind and catch up all the time. */
export class NarrowDO extends createUserDO(appRouter, { sockets: { ...limits, windowEvents: 5 } }) {
  raw(statements: readonly string[]): void {
    for (const statement of statements) this.ctx.storage.sql.exec(statement);
  }
}

/** The same, and whoever does not read is cut off soon. */
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
