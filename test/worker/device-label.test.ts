import { describe, expect, it } from "vitest";
import { deviceLabel } from "../../src/worker/request/device-of.js";

const labels: readonly (readonly [string, string | undefined])[] = [
  ["Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"],
  [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Chrome on Linux",
  ],
  [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36",
    "Chrome on Linux",
  ],
  ["Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"],
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15",
    "Safari on macOS",
  ],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 CriOS/140 Safari/604.1",
    "Chrome on iPhone",
  ],
  [
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
    "Chrome on Android",
  ],
  ["curl/8.9.1", "curl/8.9.1"],
  ["<script>alert(1)</script> x", "scriptalert"],
  ["\u001B[31mred", "31mred"],
  [`${"x".repeat(5_000)}`, "x".repeat(64)],
  ["", undefined],
  ["\u00e9\u00e8", undefined],
];

describe("a device label", () => {
  it.each(labels)("is derived from the user agent %j", (agent, label) => {
    // A plain object, because a real request's headers cannot contain some of these values.
    const headers = { get: () => agent } as unknown as Headers;
    expect(deviceLabel(headers)).toBe(label);
  });

  it("is undefined without a user agent", () => {
    expect(deviceLabel(new Headers())).toBeUndefined();
  });
});
