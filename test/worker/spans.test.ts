import superjson from "superjson";
import { createTestHarness } from "wrangler";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { CollectedSpan } from "../fixtures/span-collector/worker.js";

const at = (app: string): URL => new URL(`../fixtures/${app}/wrangler.jsonc`, import.meta.url);
const harness = createTestHarness({
  workers: [{ configPath: at("traced-app") }, { configPath: at("span-collector") }],
});
let cookie = "";
let spans: CollectedSpan[] = [];

const rayId = "8a1b2c3d4e5f6789-FRA";

async function call(path: string, input?: unknown): Promise<Response> {
  const body = input === undefined ? {} : { method: "POST", body: JSON.stringify(superjson.serialize(input)) };
  const headers = { "content-type": "application/json", "cf-ray": rayId, ...(cookie !== "" && { cookie }) };
  const response = await harness.fetch(`http://app.example.com/trpc/${path}`, { ...body, headers });
  const cookies = response.headers.getSetCookie().map((each) => each.split(";", 1).join());
  if (cookies.length > 0) cookie = cookies.join("; ");
  return response as unknown as Response;
}

async function collect(): Promise<CollectedSpan[]> {
  const response = await harness.getWorker("span-collector").fetch("http://collector.example.com/");
  return (await response.json()) as CollectedSpan[];
}

const named = (name: string): CollectedSpan[] => spans.filter((span) => span.name === name);
const ofPath = (name: string, path: string): CollectedSpan | undefined =>
  named(name).find(({ attributes }) => attributes["userdo.path"] === path);

/** The names of a span and of the spans around it, from the inside. */
function chainOf(span: CollectedSpan | undefined): string[] {
  if (!span) return [];
  return [span.name, ...chainOf(spans.find(({ spanId, traceId }) => spanId === span.parentId && traceId === span.traceId))];
}

beforeAll(async () => {
  await harness.listen();
  await call("auth.signup", { email: "ada@example.com", password: "correct horse battery" });
  await call("items.add", { text: "hunter2" });
  await call("items.list");
  await call("items.fail");
  await expect
    .poll(async () => (spans = await collect()), { timeout: 15_000 })
    .toContainEqual(expect.objectContaining({ attributes: expect.objectContaining({ "userdo.path": "items.fail" }) }));
});
afterAll(() => harness.close());

it("prints", () => {
  for (const span of spans) console.log(span.name, JSON.stringify(span.attributes), chainOf(span).join(" < "));
});
