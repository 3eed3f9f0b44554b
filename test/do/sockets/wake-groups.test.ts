import fc from "fast-check";
import { expect, it } from "vitest";
import {
  addSocketsWithKeys,
  decodeGroups,
  encodeGroups,
  groupSockets,
  keysOfSockets,
} from "../../../src/do/sockets/wake-groups.js";

const number = fc.integer({ min: 2, max: 9 });
const keysOf = fc
  .array(fc.tuple(fc.nat(0xffffffff), fc.uniqueArray(number, { minLength: 1, maxLength: 4 })))
  .map((sockets) => new Map(sockets.map(([socket, keys]) => [socket, new Set(keys) as ReadonlySet<number>])));

const found = (buffer: ArrayBuffer, keys: readonly number[]): Set<number> => {
  const sockets = new Set<number>();
  addSocketsWithKeys(sockets, buffer, new Set(keys));
  return sockets;
};

it("finds the sockets that have one of the keys, and keeps the keys of each", () => {
  fc.assert(
    fc.property(keysOf, fc.array(number), (given, changed) => {
      const encoded = encodeGroups(groupSockets(given));
      const expected = [...given].flatMap(([socket, keys]) => (changed.some((key) => keys.has(key)) ? [socket] : []));
      expect(found(encoded, changed)).toEqual(new Set(expected));
      expect(keysOfSockets(decodeGroups(encoded))).toEqual(given);
    }),
  );
});

it("stores one group for any number of sockets with the same keys", () => {
  const keys = new Set([5, 6]);
  const sockets = new Map(Array.from({ length: 1_000 }, (_, socket) => [socket, new Set(keys)]));
  expect(encodeGroups(groupSockets(sockets)).byteLength).toBe((2 + 2 + 1_000) * 4);
});

it("wakes all sockets for every change if their keys are too many for a row", () => {
  const sockets = new Map(Array.from({ length: 10 }, (_, socket) => [socket, new Set([100 + socket])]));
  const encoded = encodeGroups(groupSockets(sockets), 20);
  expect(encoded.byteLength).toBe((2 + 1 + 10) * 4);
  // Each flush has the key of any change.
  expect(found(encoded, [0]).size).toBe(10);
});

it("finds all sockets for changes that may have any key", () => {
  const sockets = new Set<number>();
  addSocketsWithKeys(sockets, encodeGroups(groupSockets(new Map([[7, new Set([3])]]))), undefined);
  expect([...sockets]).toEqual([7]);
});
