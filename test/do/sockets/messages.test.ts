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
