import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { WorkerHandle } from "wrangler";

export interface ServedWorker {
  readonly port: number;
  close(): Promise<void>;
}

/** Headers that belong to one connection, and not to the request. */
const ofTheConnection: ReadonlySet<string> = new Set(["connection", "content-length", "host", "transfer-encoding"]);

/** Serves a Worker on all addresses of this machine. The Worker sees the address that the browser has opened. */
export async function serveWorker(worker: Pick<WorkerHandle, "fetch">): Promise<ServedWorker> {
  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", headers, url = "/" } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { host = "" } = headers;
    const sent = new Headers();
    for (const [name, value] of Object.entries(headers)) {
      if (typeof value === "string" && !ofTheConnection.has(name)) sent.set(name, value);
    }
    const reply = await worker.fetch(`http://${host}${url}`, {
      method,
      headers: [...sent],
      ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
    });
    for (const [name, value] of reply.headers) if (name !== "set-cookie") response.setHeader(name, value);
    const cookies = reply.headers.getSetCookie();
    if (cookies.length > 0) response.setHeader("set-cookie", cookies);
    response.removeHeader("content-encoding");
    response.removeHeader("transfer-encoding");
    response.writeHead(reply.status).end(await reply.text());
  }

  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => response.writeHead(502).end(String(error)));
  });
  server.listen(0, "0.0.0.0");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
