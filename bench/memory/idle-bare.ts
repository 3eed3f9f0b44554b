// The baseline: an object that reads one row of its table when it is called, and accepts hibernating sockets.
import { DurableObject } from "cloudflare:workers";
import { collectGarbage } from "./collect-garbage.js";

interface Env {
  readonly BARE_DO: DurableObjectNamespace<BareDO>;
}

export class BareDO extends DurableObject {
  override fetch(request: Request): Response {
    if (request.headers.get("Upgrade") === "websocket") {
      const { 0: client, 1: server } = new WebSocketPair();
      this.ctx.acceptWebSocket(server);
      return new Response(null, { status: 101, webSocket: client });
    }
    const { sql } = this.ctx.storage;
    sql.exec("CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID");
    sql.exec("INSERT OR IGNORE INTO sessions VALUES ('one', 0)");
    return Response.json(sql.exec("SELECT * FROM sessions").toArray());
  }
}

export default {
  async fetch(request, env): Promise<Response> {
    const { pathname } = new URL(request.url);
    return pathname === "/gc" ? collectGarbage() : env.BARE_DO.getByName(pathname).fetch(request);
  },
} satisfies ExportedHandler<Env>;
