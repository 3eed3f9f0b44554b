import type { CallInput, Result, TokenServer } from "./token-server.js";

/** How the reply to a request arrives. The server may have run a lost request before. */
export const outcomes = ["granted", "refused", "forbidden", "broken", "gateway", "gatewayDenies", "lost"] as const;
export type Outcome = (typeof outcomes)[number];

/** A request without a reply yet. */
export interface PendingRequest {
  /** Runs its calls, once. The client gets no reply yet. */
  run(): void;
  reply(outcome: Outcome): void;
}

interface Envelope {
  readonly json?: CallInput;
}

const gateways: Partial<Record<Outcome, number>> = { gateway: 502, gatewayDenies: 401 };

/** The server's HTTP side. Each request waits until the test replies to it. */
export function createControlledHttp(server: TokenServer, onReply: (call: number) => void) {
  const pending: PendingRequest[] = [];

  function fetch(target: unknown, init: RequestInit | undefined): Promise<Response> {
    if (init?.signal?.aborted) return Promise.reject(aborted());
    const url = new URL(String(target));
    const paths = url.pathname.replace("/trpc/", "").split(",");
    const isBatch = url.searchParams.has("batch");
    const sent = typeof init?.body === "string" ? init.body : (url.searchParams.get("input") ?? "{}");
    const body = JSON.parse(sent) as Envelope & Readonly<Record<string, Envelope | undefined>>;
    const inputs = paths.map((_path, index) => (isBatch ? body[index] : body)?.json ?? {});
    const token = new Headers(init?.headers).get("authorization")?.replace("Bearer ", "");

    return new Promise((resolve, reject) => {
      let results: readonly Result[] | undefined;
      const request: PendingRequest = {
        run: () => void (results ??= paths.map((path, index) => server.run(path, inputs[index] ?? {}, token))),
        reply(outcome) {
          pending.splice(pending.indexOf(request), 1);
          if (outcome === "lost") return reject(new TypeError("fetch failed"));
          if (gateways[outcome]) return resolve(new Response("<html>", { status: gateways[outcome] }));
          if (outcome === "forbidden") return resolve(responseOf(paths.map(failureWith("FORBIDDEN", 403)), isBatch));
          if (outcome === "broken")
            return resolve(responseOf(paths.map(failureWith("INTERNAL_SERVER_ERROR", 500)), isBatch));
          // A server that rejects a request has not run its calls, and a session that it refuses to refresh has ended.
          if (outcome === "refused" && !results) {
            for (const { refreshToken } of inputs) if (refreshToken) server.endSession(refreshToken);
            results = paths.map((path) => ({ refusal: path.startsWith("auth.") ? "session" : "token" }));
          }
          request.run();
          for (const { call } of inputs) if (call !== undefined) onReply(call);
          return resolve(responseOf((results ?? []).map(replyOf), isBatch));
        },
      };
      pending.push(request);
      // The server may still run it.
      init?.signal?.addEventListener("abort", () => reject(aborted()));
    });
  }

  return { fetch, pending };
}

interface Reply {
  readonly body: unknown;
  readonly status: number;
  readonly isForToken?: boolean;
}

function failureWith(code: string, status: number) {
  return (): Reply => ({
    body: { error: { json: { message: code, code: -32_000, data: { code, httpStatus: status } } } },
    status,
  });
}

function replyOf(result: Result): Reply {
  if ("data" in result) return { body: { result: { data: { json: result.data } } }, status: 200 };
  return { ...failureWith("UNAUTHORIZED", 401)(), isForToken: result.refusal === "token" };
}

function responseOf(replies: readonly Reply[], isBatch: boolean): Response {
  const bodies = replies.map(({ body }) => body);
  const isForToken = replies.some((reply) => reply.isForToken);
  return Response.json(isBatch ? bodies : bodies[0], {
    status: Math.max(...replies.map(({ status }) => status)),
    headers: isForToken ? { "www-authenticate": 'Bearer error="invalid_token"' } : {},
  });
}

function aborted(): DOMException {
  return new DOMException("Aborted", "AbortError");
}
