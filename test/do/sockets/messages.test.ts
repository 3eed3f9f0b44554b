import { describe, expect, it } from "vitest";
import { parseFrame } from "../../../src/do/sockets/messages.js";
import { transformer } from "../../../src/router/transformer.js";

/** What became of a frame's messages: their ids, with the code of those that are refused. */
function answersTo(frame: string): unknown[] {
  return parseFrame(frame, transformer, { messages: 10, messageBytes: 256 * 1024 }).map((parsed) =>
    parsed.ok ? parsed.message.id : [parsed.head.id, (parsed.cause as { code?: string }).code],
  );
}

const message = (id: number, path: string, input: string) =>
  `{"id":${id},"method":"mutation","params":{"path":"${path}","input":{"json":${input}}}}`;
const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
const twice = '{"password":"one","password":"sesame"}';

describe("two equal keys in a frame", () => {
  it.each(["auth.changeEmail", "auth.resetPassword", "account.update"])(
    "hostile 8: are refused under the message's id in what %s gets",
    (path) => {
      expect(answersTo(message(1, path, twice))).toEqual([[1, "BAD_REQUEST"]]);
      expect(answersTo(message(1, path, '{"password":"\\":\\"password","x":["a:b"]}'))).toEqual([1]);
    },
  );

  it.each([
    `{"id":1,"method":"query","method":"mutation","params":{"path":"auth.verifyEmail"}}`,
    `{"id":1,"method":"mutation","params":{"path":"posts.list","path":"auth.verifyEmail"}}`,
    `{"id":1,"method":"mutation","params":{"path":"auth.verifyEmail","input":{"json":{"t\\u006fken":"a","token":"b"}}}}`,
  ])("hostile 8: are refused wherever they are: %s", (frame) => {
    expect(answersTo(frame)).toEqual([[1, "BAD_REQUEST"]]);
  });

  it("hostile 8: say nothing of who somebody is elsewhere: the last one counts, as in JSON.parse", () => {
    expect(answersTo(message(1, "posts.create", twice))).toEqual([1]);
    expect(answersTo(message(1, "authors.list", twice))).toEqual([1]);
  });

  it("hostile 8: leave the other messages of their frame alone", () => {
    const frame = `[${message(1, "posts.list", "1")},${message(2, "auth.changeEmail", twice)}]`;
    expect(answersTo(frame)).toEqual([1, [2, "BAD_REQUEST"]]);
  });

  it("hostile 2: are looked for however deep a frame nests", () => {
    expect(answersTo(message(1, "auth.changeEmail", deep))).toEqual([[1, "BAD_REQUEST"]]);
  });
});

describe("a frame that is larger than a message may be", () => {
  it("hostile 2, 43: has each message measured however deep it nests, and the others are answered", () => {
    const beside = `{"id":2,"method":"query","params":{"path":"posts.list"},"beside":${deep}}`;
    const frame = `[${message(1, "posts.list", deep)},${beside},${message(3, "posts.list", "1")}]`;
    expect(answersTo(frame)).toEqual([[1, "BAD_REQUEST"], [2, "PAYLOAD_TOO_LARGE"], 3]);
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
    const [parsed] = parseFrame(message(1, "posts.create", '"a\\ufffd"'), transformer, {
      messages: 1,
      messageBytes: 999,
    });
    expect(parsed).toMatchObject({ ok: true, message: { params: { input: "a\uFFFD" } } });
  });

  it("skips connection parameters that have it, and keeps each answer with its message", () => {
    const parameters = '{"method":"connectionParams","data":{"a":"\uFFFD"}}';
    expect(answersTo(`[${parameters},${message(1, "a", "1")},${message(2, "a", '"\uFFFD"')}]`)).toEqual([
      1,
      damaged(2),
    ]);
  });
});
