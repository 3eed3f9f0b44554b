import { beforeEach, describe, expect, it } from "vitest";
import { formatted } from "../fixtures/app/failures.js";
import { workerReports } from "../fixtures/app/reports.js";
import { openBrowser } from "../fixtures/browser.js";

const browser = openBrowser();

beforeEach(() => {
  formatted.length = 0;
  workerReports.length = 0;
});

/** The text of a response, even if the response breaks off. */
async function readAll(response: Response): Promise<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = JSON.stringify([...response.headers]);
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done) return text;
      text += value ?? "";
      if (/serialized-error\s+data: .*\n/.test(text)) {
        await reader?.cancel();
        return text;
      }
    }
  } catch {
    return text;
  }
}

type Send = (name: string) => Promise<Response>;

const plain: Send = (name) => browser.fetch(`/failures/${name}`);
const batch: Send = (name) => browser.fetch(`/failures/${name},ok?batch=1`);
const mutation: Send = (name) =>
  browser.fetch(`/failures/${name}`, { method: "POST", headers: { "content-type": "application/json" }, body: "" });
const batchStream: Send = (name) =>
  browser.fetch(`/failures/ok,${name}?batch=1`, { headers: { "trpc-accept": "application/jsonl" } });
const stream: Send = (name) =>
  browser.fetch(`/failures/${name}?batch=1`, { headers: { "trpc-accept": "application/jsonl" } });
const sse: Send = (name) => browser.fetch(`/failures/${name}`, { headers: { accept: "text/event-stream" } });

describe("an unexpected error of a procedure that runs in the Worker", () => {
  it.each<[string, Send, string]>([
    ["a query's value", plain, "value"],
    ["a query's value", batch, "value"],
    ["a query's value", batchStream, "value"],
    ["a query's value", stream, "value"],
    ["a mutation's value", mutation, "mutationValue"],
    ["a generator", batchStream, "generator"],
    ["a generator", stream, "generator"],
    ["a generator's value", batchStream, "yieldedValue"],
    ["a generator's value", stream, "yieldedValue"],
    ["a nested promise", batchStream, "nested"],
    ["a nested promise", stream, "nested"],
    ["a generator's nested promise", stream, "nestedInGenerator"],
    ["a nested generator", stream, "nestedGenerator"],
    ["a nested generator", batchStream, "nestedGenerator"],
    ["a nested promise's value", stream, "nestedValue"],
    ["a nested promise's value", batchStream, "nestedValue"],
    ["a nested generator's value", stream, "nestedGeneratorValue"],
    ["a nested generator's value", batchStream, "nestedGeneratorValue"],
    ["a generator's returned value", stream, "returnedValue"],
    ["a promise in a promise", stream, "promiseInPromise"],
    ["a ReadableStream", stream, "readable"],
    ["a subscription", sse, "subscription"],
    ["a subscription that throws a text", sse, "thrownText"],
    ["a subscription's value", sse, "subscribedValue"],
  ])("is masked and reported: %s", async (_name, send, name) => {
    const text = await readAll(await send(name));
    expect(text).not.toContain("hunter2");
    expect(formatted.join()).not.toContain("hunter2");
    expect(workerReports).toMatchObject([{ message: "password=hunter2", path: name }]);
    expect(text).toContain(workerReports[0]?.requestId);
  });

  it.each([
    [sse, "refusing"],
    [stream, "refusingGenerator"],
  ] as const)("does not hide the message of an error that was thrown on purpose", async (send, name) => {
    expect(await readAll(await send(name))).toContain("Taken.");
    expect(workerReports).toEqual([]);
  });

  it.each(["value", "yieldedValue", "nested", "generator", "nestedValue", "nestedGeneratorValue", "nestedGenerator"])(
    "fails its own call only: %s",
    async (name) => {
      expect(await readAll(await batchStream(name))).toContain('"anonymous"');
    },
  );

  it("fails its own call of a batch only", async () => {
    const response = await batch("value");
    expect(response.status).toBe(207);
    expect(await readAll(response)).toContain('"anonymous"');
  });
});
