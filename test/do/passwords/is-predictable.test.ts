import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPredictable } from "../../../src/do/accounts/passwords/weak-passwords.js";

const length = fc.integer({ min: 8, max: 20 });

describe("passwords that follow a simple pattern", () => {
  it.each([
    ["a repeated digit", "00000000"],
    ["a repeated letter", "aaaaaaaa"],
    ["a repeated capital", "AAAAAAAA"],
    ["a repeated letter with a capital", "Aaaaaaaa"],
    ["repeated punctuation", "........"],
    ["spaces", "        "],
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
    ["a long repetition", "a".repeat(21)],
    ["a repeated letter of another script", "пппппппп"],
    ["a repetition of emoji", "🐎🔋📎🐎🔋📎🐎🔋"],
  ])("accepts %s", (_, password) => {
    expect(isPredictable(password)).toBe(false);
  });

  it("recognizes repetitions of any ASCII characters", () => {
    const unit = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 4 });
    fc.assert(fc.property(unit, length, (repeated, count) => isPredictable(repeated.repeat(count).slice(0, count))));
  });

  it("recognizes sequences of any ASCII characters in both directions", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0x20, max: 0x6b }), length, (first, count) => {
        const characters = Array.from({ length: count }, (_, index) => String.fromCharCode(first + index));
        return isPredictable(characters.join("")) && isPredictable(characters.toReversed().join(""));
      }),
    );
  });
});
