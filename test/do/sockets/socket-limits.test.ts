import { expect, it } from "vitest";
import { socketLimits } from "../../../src/do/connections/socket-limits.js";

it("gives a member a share of the object's limits, unless the app sets the member's own", () => {
  expect(socketLimits()).toMatchObject({
    socketsPerMember: 250,
    subscriptionsPerMember: 4_000,
    subscriptionBytesPerMember: 4_194_304,
    callsPerMember: 5_000,
  });
  expect(socketLimits({ sockets: 100, subscriptionsPerObject: 50, subscriptionBytes: 10 })).toMatchObject({
    socketsPerMember: 5,
    subscriptionsPerMember: 10,
    subscriptionBytesPerMember: 20,
    callsPerMember: 1_010,
  });
  expect(socketLimits({ sockets: 3, subscriptionsPerObject: 2 })).toMatchObject({
    socketsPerMember: 1,
    subscriptionsPerMember: 1,
  });
  expect(socketLimits({ subscriptionsPerMember: 7, socketsPerMember: 8 })).toMatchObject({
    subscriptionsPerMember: 7,
    socketsPerMember: 8,
    callsPerMember: 1_007,
  });
});

it.each(["socketsPerMember", "subscriptionsPerMember", "subscriptionBytesPerMember", "callsPerMember"])(
  "refuses a %s that cannot take effect",
  (name) => {
    for (const value of [0, -1, 1.5, NaN]) expect(() => socketLimits({ [name]: value })).toThrow(`sockets.${name}`);
  },
);

it("names the object's limit when that cannot take effect", () => {
  expect(() => socketLimits({ sockets: NaN })).toThrow("sockets.sockets: NaN is not valid.");
});

it("limits results to the share of the memory that the large output of one member has", () => {
  expect(socketLimits()).toMatchObject({ memoryBytes: 33_554_432, resultBytes: 6_291_456 });
  expect(socketLimits({ memoryBytes: 1_048_576 }).resultBytes).toBe(196_608);
  expect(socketLimits({ memoryBytes: 134_217_728, resultBytes: 25_165_824 }).resultBytes).toBe(25_165_824);
  for (const given of [{ resultBytes: 6_291_457 }, { memoryBytes: 65_536, resultBytes: 20_000 }]) {
    expect(() => socketLimits(given)).toThrow(
      /^sockets\.resultBytes is .* Set sockets\.resultBytes to that or less, or increase sockets/,
    );
  }
});
