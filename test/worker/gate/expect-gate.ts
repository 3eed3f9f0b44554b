import { expect } from "vitest";
import { cookieNames } from "../../../src/worker/cookies/cookie-names.js";
import type { CallsRequest, UpgradeRequest, GateOptions } from "../../../src/worker/gate/gate-result.js";
import { gate } from "../../../src/worker/gate/gate.js";
import type { Refusal } from "../../../src/worker/gate/refusal.js";

export const OWN = "https://app.example.com";
export const FRIEND = "https://friend.example.org";

const options: GateOptions = {
  path: "/trpc",
  allowedOrigins: [FRIEND],
  cookieNamesAt: (url) => cookieNames({ url }),
};

interface RequestOptions {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array<ArrayBuffer> | ReadableStream;
}

/** A request to this app as it arrives at the Worker, with the given headers only. */
export function request(path: string, { method, headers, body }: RequestOptions = {}): Request {
  const init: RequestInit = { headers: new Headers(headers) };
  if (method !== undefined) init.method = method;
  if (body !== undefined) init.body = body as BodyInit;
  // Node requires it with a stream as the body; the types of a Worker lack it.
  return new Request(OWN + path, { ...init, duplex: "half" } as RequestInit);
}

export function query(path: string, input?: unknown, headers?: Record<string, string>): Request {
  const search = input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`;
  return request(path + search, headers ? { headers } : {});
}

/** A POST of JSON text; further headers replace the content type. */
export function post(path: string, body?: RequestOptions["body"], headers: Record<string, string> = {}): Request {
  const sent = { "content-type": "application/json", ...headers };
  return request(
    path,
    body === undefined ? { method: "POST", headers: sent } : { method: "POST", headers: sent, body },
  );
}

export function upgrade(path: string, headers: Record<string, string> = {}): Request {
  return request(path, { headers: { upgrade: "websocket", ...headers } });
}

export function pass(sent: Request) {
  return gate(sent, options);
}

export async function expectCalls(sent: Request): Promise<CallsRequest> {
  const result = await pass(sent);
  expect(result).toMatchObject({ kind: "calls" });
  return result as CallsRequest;
}

export async function expectUpgrade(sent: Request): Promise<UpgradeRequest> {
  const result = await pass(sent);
  expect(result).toMatchObject({ kind: "upgrade" });
  return result as UpgradeRequest;
}

/** Expects a rejection with this code. Its message states the problem, then the fix, and repeats none of `secrets`. */
export async function expectRejected(sent: Request, code: Refusal["code"], ...secrets: string[]): Promise<void> {
  const refusal = await refusalOf(sent);
  expect(refusal.code).toBe(code);
  expect(refusal.message).toMatch(/^.+\. .+\.$/);
  expect(refusal.message.length).toBeLessThan(300);
  for (const secret of secrets) expect(JSON.stringify(refusal)).not.toContain(secret);
}

export async function refusalOf(sent: Request): Promise<Refusal> {
  const result = await pass(sent);
  expect(result).toMatchObject({ kind: "refused" });
  return (result as Extract<typeof result, { kind: "refused" }>).refusal;
}

export async function expectIgnored(sent: Request): Promise<void> {
  expect(await pass(sent)).toEqual({ kind: "otherPath" });
}
