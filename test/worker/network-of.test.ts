import { describe, expect, it } from "vitest";
import { networkOf } from "../../src/worker/request/device-of.js";

describe("the network of an IP address", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7"],
    [" 203.0.113.7 ", "203.0.113.7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["::FFFF:cb00:7107", "203.0.113.7"],
    ["0:0:0:0:0:ffff:203.0.113.7", "203.0.113.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0DB8:0001:0002:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["203.0.113.7, 10.0.0.1", undefined],
    ["203.0.113.007", undefined],
    ["256.1.1.1", undefined],
    ["unknown", undefined],
    ["[::1]:80", undefined],
    ["::1]/x", undefined],
    ["", undefined],
    [null, undefined],
    ["0000:0000:0000:0000:0000:ffff:255.255.255.255", "255.255.255.255"],
    [`${":".repeat(1_000_000)}x`, undefined],
  ])("of %j is %j", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
