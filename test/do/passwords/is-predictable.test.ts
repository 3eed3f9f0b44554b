import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPredictable } from "../../../src/do/accounts/passwords/is-predictable.js";

const length = fc.integer({ min: 8, max: 64 });

describe("passwords that follow a simple pattern", () => {
  it.each([
    ["a repeated digit", "00000000"],
    ["a repeated letter", "aaaaaaaa"],
    ["a repeated capital", "AAAAAAAA"],
    ["a repeated letter with a capital", "Aaaaaaaa"],
    ["repeated punctuation", "........"],
    ["spaces", "        "],
    ["a repeated letter of another script", "пппппппп"],
    ["a repeated character outside of the basic plane", "🐎".repeat(8)],
    ["two repeated letters", "abababab"],
    ["four repeated digits", "12341234"],
    ["three repeated digits", "123123123"],
    ["a repetition that ends in the middle", "qweqweqw"],
    ["repeated words with capitals", "AbcdabcdABCD"],
    ["letters upwards", "abcdefgh"],
    ["capitals upwards", "ABCDEFGH"],
    ["mixed letters upwards", "AbCdEfGh"],
    ["letters downwards", "zyxwvuts"],
    ["digits downwards", "87654321"],
    ["digits upwards from 0", "0123456789"],
    ["digits downwards past 0", "43210987"],
    ["digits upwards past 9", "12345678901234567890"],
    ["letters of another script upwards", "абвгдежз"],
  ])("recognizes %s", (_, password) => {
    expect(isPredictable(password)).toBe(true);
  });

  it.each([
    ["a sequence with another end", "abcdefgi"],
    ["a repetition with another end", "aaaaaaab"],
    ["a sequence and a letter", "12345678x"],
    ["a repetition of five characters", "1234512345"],
    ["steps of two", "acegikmo"],
    ["words", "correct horse battery"],
    ["the empty password", ""],
    ["a short repetition", "aaaaaaa"],
    ["a repetition of few characters in many bytes", "🐎🔋📎🐎🔋📎"],
  ])("accepts %s", (_, password) => {
    expect(isPredictable(password)).toBe(false);
  });

  it("recognizes repetitions of any characters, of any length", () => {
    const unit = fc.array(fc.string({ unit: "grapheme-composite", minLength: 1, maxLength: 1 }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(unit, length, (repeated, count) => {
        const characters = Array.from(repeated.join("")).slice(0, 4);
        expect(
          isPredictable(Array.from({ length: count }, (_, index) => characters[index % characters.length]).join("")),
        ).toBe(true);
      }),
    );
  });

  it("recognizes sequences of any characters, of any length, in both directions", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xd000 }), length, (first, count) => {
        const points = Array.from({ length: count }, (_, index) => first + index);
        expect(isPredictable(String.fromCodePoint(...points))).toBe(true);
        expect(isPredictable(String.fromCodePoint(...points.toReversed()))).toBe(true);
      }),
    );
  });
});
