import { createUserDO, type MailMessage } from "trpc-userdo/do";
import { createHandler } from "trpc-userdo/worker";
import type { InternalRequest, WireReply } from "../../../src/shared/internal.js";
import { appRouter } from "./router.js";
import type { StoredSockets } from "./stored-sockets.js";

const CENTURY = 100 * 365 * 24 * 60 * 60;

/** The messages that were mailed by this process, and whether everything that objects send fails. */
const mails: MailMessage[] = [];
let isCutOff = false;

const BaseDO = createUserDO(appRouter, {
  session: { idle: CENTURY, absolute: CENTURY },
  async mail(message) {
    if (isCutOff) throw new Error("The mail service does not answer.");
    mails.push(message);
  },
});

export class AppDO extends BaseDO {
  override internal(request: InternalRequest): Promise<WireReply> {
    if (isCutOff && request.op === "deliver") throw new Error("The connection was lost.");
    return super.internal(request);
  }

  /** As JSON: RPC has no type for attachments, which may hold any value. */
  storedSockets(): string {
    const attachments = this.ctx.getWebSockets().map((socket) => socket.deserializeAttachment() as unknown);
    const rows = this.ctx.storage.sql.exec("SELECT * FROM _socket_subscriptions").toArray();
    return JSON.stringify({ attachments, rows } satisfies StoredSockets);
  }

  /** Stores for the only open socket the data of another version's socket. */
  restoreSocket(stored: string): void {
    const { attachments, rows } = JSON.parse(stored) as StoredSockets;
    const [socket] = this.ctx.getWebSockets();
    socket?.serializeAttachment(attachments[0]);
    // The other version was the last one that ran.
    this.ctx.storage.sql.exec("UPDATE _object SET fingerprint = 'another version'");
    for (const { socket: key, id, stored } of rows) {
      this.ctx.storage.sql.exec(
        "INSERT OR REPLACE INTO _socket_subscriptions (socket, id, stored) VALUES (?, ?, ?)",
        String(key),
        String(id),
        String(stored),
      );
    }
  }
}

interface AppEnv {
  readonly APP_DO: DurableObjectNamespace<AppDO>;
}

const handle = createHandler(appRouter, { binding: "APP_DO" });

export default {
  async fetch(request: Request, env: AppEnv, ctx: ExecutionContext): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const object = () => env.APP_DO.getByName(searchParams.get("name") ?? "");
    switch (pathname) {
      case "/cut-off":
        isCutOff = true;
        return new Response();
      case "/mails":
        return Response.json(mails);
      case "/sockets":
        return new Response(await object().storedSockets());
      case "/restore":
        await object().restoreSocket(await request.text());
        return new Response();
      default:
        return (await handle(request, env, ctx)) ?? new Response("Not found", { status: 404 });
    }
  },
};
