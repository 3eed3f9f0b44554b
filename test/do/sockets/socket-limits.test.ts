import { expect, it } from "vitest";
import { socketLimits } from "../../../src/do/sockets/socket-limits.js";

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

it("names the limit of the object when that is wrong", () => {
  expect(() => socketLimits({ sockets: NaN })).toThrow("sockets.sockets is NaN");
});
