import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { notJson, parseMessages, splitFrame, type FrameMessage } from "../../../src/do/sockets/messages.js";
import { splitJsonArray } from "../../../src/shared/json-text.js";
import { transformer } from "../../../src/router/transformer.js";

function parseFrame(frame: string): FrameMessage[] {
  const texts = splitFrame(frame, 10);
  if ("read" in texts) return [texts];
  try {
    return parseMessages(texts, transformer, 256 * 1024);
  } catch {
    return [notJson()];
  }
}

/** The results of a frame's messages: their ids, with the code of the refused ones. */
function answersTo(frame: string): unknown[] {
  return parseFrame(frame).map((each) => {
    const parsed = each.read();
    return parsed.ok ? parsed.message.id : [parsed.head.id, (parsed.cause as { code?: string }).code];
  });
}

const message = (id: number, path: string, input: string) =>
  `{"id":${id},"method":"mutation","params":{"path":"${path}","input":{"json":${input}}}}`;
const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
const twice = '{"password":"one","password":"sesame"}';

describe("two equal keys in a frame", () => {
  it.each(["auth.changeEmail", "auth.resetPassword", "account.update"])(
    "are refused under the message's id in the input of %s",
    (path) => {
      expect(answersTo(message(1, path, twice))).toEqual([[1, "BAD_REQUEST"]]);
      expect(answersTo(message(1, path, '{"password":"\\":\\"password","x":["a:b"]}'))).toEqual([1]);
    },
  );

  it.each([
    `{"id":1,"method":"query","method":"mutation","params":{"path":"auth.verifyEmail"}}`,
    `{"id":1,"method":"mutation","params":{"path":"posts.list","path":"auth.verifyEmail"}}`,
    `{"id":1,"method":"mutation","params":{"path":"auth.verifyEmail","input":{"json":{"t\\u006fken":"a","token":"b"}}}}`,
  ])("are refused in every place: %s", (frame) => {
    expect(answersTo(frame)).toEqual([[1, "BAD_REQUEST"]]);
  });

  it("do not matter in other places, where the last one counts, as in JSON.parse", () => {
    expect(answersTo(message(1, "posts.create", twice))).toEqual([1]);
    expect(answersTo(message(1, "authors.list", twice))).toEqual([1]);
  });

  it("do not affect the other messages of their frame", () => {
    const frame = `[${message(1, "posts.list", "1")},${message(2, "auth.changeEmail", twice)}]`;
    expect(answersTo(frame)).toEqual([1, [2, "BAD_REQUEST"]]);
  });

  it("are detected however deep a frame nests", () => {
    expect(answersTo(message(1, "auth.changeEmail", deep))).toEqual([[1, "BAD_REQUEST"]]);
  });
});

describe("a frame that is larger than a message may be", () => {
  it("has each message measured however deep it nests, and the others are answered", () => {
    const beside = `{"id":2,"method":"query","params":{"path":"posts.list"},"beside":${deep}}`;
    const frame = `[${message(1, "posts.list", deep)},${beside},${message(3, "posts.list", "1")}]`;
    expect(answersTo(frame)).toEqual([[1, "BAD_REQUEST"], [2, "BAD_REQUEST"], 3]);
  });
});

describe("U+FFFD in a frame", () => {
  const damaged = (id: number): unknown => [id, "PARSE_ERROR"];

  it.each([
    ["a value", message(1, "posts.create", '"\uFFFD"')],
    ["a key", message(1, "posts.create", '{"\uFFFD":1}')],
    ["a path", message(1, "posts.\uFFFD", "1")],
    ["a value beside the escape", message(1, "posts.create", '["\\ufffd","\uFFFD"]')],
    ["a part of a longer text", message(1, "posts.create", '"a\uFFFD?b"')],
  ])("refuses the message that has it as %s, and no other", (_name, bad) => {
    expect(answersTo(bad)).toEqual([damaged(1)]);
    const good = [message(2, "posts.create", '"?"'), message(3, "posts.create", '"\\ufffd \\uFFFD"')];
    expect(answersTo(`[${good[0]},${bad},${good[1]}]`)).toEqual([2, damaged(1), 3]);
    expect(answersTo(`[${bad},${good[1]}]`)).toEqual([damaged(1), 3]);
  });

  it("reads the escape as the character", () => {
    const [parsed] = parseFrame(message(1, "posts.create", '"a\\ufffd"'));
    expect(parsed?.read()).toMatchObject({ ok: true, message: { params: { input: "a\uFFFD" } } });
  });

  it("skips connection parameters that contain it, and keeps each answer with its message", () => {
    const parameters = '{"method":"connectionParams","data":{"a":"\uFFFD"}}';
    expect(answersTo(`[${parameters},${message(1, "a", "1")},${message(2, "a", '"\uFFFD"')}]`)).toEqual([
      1,
      damaged(2),
    ]);
  });
});

describe("a frame whose length is checked before it is parsed", () => {
  const many = `[${"0,".repeat(100_000)}0]`;
  const large = `"${"x".repeat(256 * 1024)}"`;
  const sets = (levels: number): string => {
    const values = Array.from({ length: levels }).reduce((inner) => `["set",{"0":${String(inner)}}]`, '["set"]');
    const json = `${"[".repeat(levels)}[]${"]".repeat(levels)}`;
    return `{"id":1,"method":"query","params":{"path":"a","input":{"json":${json},"meta":{"v":1,"values":${String(values)}}}}}`;
  };

  it.each([
    ["nests too deep", deep, "BAD_REQUEST"],
    ["nests objects too deep", `${'{"a":'.repeat(1_000)}1${"}".repeat(1_000)}`, "BAD_REQUEST"],
    ["holds too many values", many, "BAD_REQUEST"],
    ["holds too many empty arrays", `[${"[],".repeat(50_000)}[]]`, "BAD_REQUEST"],
    ["is too large", large, "PAYLOAD_TOO_LARGE"],
  ])("refuses a message that %s under its id, and answers the others", (_name, input, code) => {
    const frame = `[${message(1, "a", input)},${message(2, "a", "1")}]`;
    expect(answersTo(frame)).toEqual([[1, code], 2]);
    expect(answersTo(`[${message(1, "a", input)}]`)).toEqual([[1, code]]);
  });

  it.each([
    ["INPUT_TOO_DEEP", deep],
    ["INPUT_TOO_COMPLEX", many],
    // Only the value of the call is too deep, not the text of the message.
    ["INPUT_TOO_DEEP", `${"[".repeat(65)}${"]".repeat(65)}`],
    ["INPUT_MALFORMED", '{"a":1e999}'],
  ])("refuses an input with the reason %s", (reason, input) => {
    const [parsed] = parseFrame(message(1, "a", input)).map((each) => each.read());
    expect(parsed).toMatchObject({ ok: false, cause: { code: "BAD_REQUEST", reason } });
  });

  it.each([
    ["a text", `{"id":"one","x":${deep}}`, "one"],
    ["last", `{"x":${deep},"id":7}`, 7],
    ["spaced", `{ "id" : 7 , "x":${deep}}`, 7],
    ["given twice", `{"id":1,"x":${deep},"id":2}`, 2],
    ["in a nested object only", `{"x":{"id":1},"y":${deep}}`, null],
    ["in a text only", `{"x":"\\"id\\":1","y":${deep}}`, null],
    ["a value", `{"x":"id","y":${deep}}`, null],
    ["a fraction", `{"id":1.5,"y":${deep}}`, null],
    ["too long", `{"id":"${"x".repeat(129)}","y":${deep}}`, null],
  ])("finds the id of a refused message that is %s", (_name, frame, id) => {
    expect(answersTo(frame)).toEqual([[id, "BAD_REQUEST"]]);
  });

  it("refuses a short text that nests too deep and is not JSON", () => {
    expect(answersTo(`{"id":1,"x":${"[".repeat(150)}`)).toEqual([[1, "BAD_REQUEST"]]);
    expect(answersTo(`{"id":1,"x":${"[".repeat(100)}`)).toEqual([[null, "PARSE_ERROR"]]);
  });

  it("accepts a message at the limit", () => {
    expect(answersTo(message(1, "a", `[${"0,".repeat(99_000)}0]`))).toEqual([1]);
    expect(answersTo(message(1, "a", `${"[".repeat(64)}${"]".repeat(64)}`))).toEqual([1]);
    expect(answersTo(sets(62))).toEqual([1]);
  });

  it.each(["[", "[1", '["', "[1,]", "[,1]", "[}", "[1]]", "[1] x", "\uFEFF[1]", "\u00a0[1]", '[{"id":1}', "]", "{]"])(
    "refuses %j as a whole",
    (frame) => {
      expect(answersTo(frame)).toEqual([[null, "PARSE_ERROR"]]);
    },
  );

  it.each(["[]", " [ ] ", "[\n]"])("finds no message in %j", (frame) => {
    expect(answersTo(frame)).toEqual([]);
  });

  it("is split as JSON.parse splits it", () => {
    const inputs = fc.array(fc.jsonValue(), { maxLength: 8 });
    fc.assert(
      fc.property(inputs, fc.constantFrom(0, 1, "\t"), (values, space) => {
        const frame = JSON.stringify(values, undefined, space);
        expect(splitJsonArray(frame)?.map((text) => JSON.parse(text) as unknown)).toEqual(JSON.parse(frame));
      }),
    );
  });
});
