import { describe, expect, it } from "vitest";
import { createAllowedOrigins } from "../../../src/worker/gate/allowed-origins.js";

const pattern = "https://*.app.pages.dev";

describe("the list of allowed origins", () => {
  it.each([
    "https://app.example.com",
    "http://localhost:5173",
    "http://127.0.0.1:8787",
    "http://[::1]:8787",
    "https://xn--bcher-kva.example",
    "capacitor://localhost",
    "ionic://localhost",
    "tauri://localhost",
    "app://obsidian.md",
    "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
    "moz-extension://0c1a2b3d-1111-2222-3333-444455556666",
    "safari-web-extension://0C1A2B3D-1111-2222-3333-444455556666",
    "com.example.app://host:1234",
  ])("accepts %j, and allows exactly that", (origin) => {
    const allowed = createAllowedOrigins([origin]);
    expect(allowed.includes(origin)).toBe(true);
    for (const other of [`${origin}/`, `${origin}.evil.com`, `${origin}x`, origin.toUpperCase(), "null", ""]) {
      expect(allowed.includes(other)).toBe(false);
    }
  });

  it.each([
    "null",
    "*",
    "",
    " ",
    "https://app.example.com/",
    "https://app.example.com/app",
    "https://app.example.com:443",
    "https://user@app.example.com",
    " https://app.example.com",
    "app.example.com",
    "//app.example.com",
    "HTTPS://app.example.com",
    "https://App.example.com",
    "https://bücher.example",
    "https://1.2.3",
    "http://localhost:80",
    "Capacitor://localhost",
    "capacitor://localhost/",
    "capacitor://localhost/index.html",
    "capacitor://user@localhost",
    "capacitor://",
    "capacitor:localhost",
    "capacitor:///localhost",
    "file://",
    "file:///app/index.html",
    "file://host",
    "ws://app.example.com",
    "wss://app.example.com",
    "ftp://app.example.com",
    "data://x",
    "javascript://x",
    "blob:https://app.example.com",
    "about:blank",
    "https://*.example.com/x",
    "https://*.example.com/",
    "https://*",
    "https://*:8443",
    "https://*.",
    "https://*.*.example.com",
    "https://app.*.example.com",
    "https://app*.example.com",
    "https://*app.example.com",
    "https://*.Example.com",
    "https://*.1.2.3",
    "*://app.example.com",
    "*.example.com",
    "capacitor://*",
    "chrome-extension://*",
    "https://*.example.com:443",
  ])("rejects %j, which can never match", (origin) => {
    expect(() => createAllowedOrigins([origin])).toThrow(`allowedOrigins: "${origin}" is not an origin`);
  });

  it("shows how a browser would write an origin", () => {
    expect(() => createAllowedOrigins(["https://Bücher.example:443/shop"])).toThrow("https://xn--bcher-kva.example");
    expect(() => createAllowedOrigins(["capacitor://localhost/app"])).toThrow(/: capacitor:\/\/localhost$/);
  });

  it.each([["https://app.example.com"], [{}], [[undefined]], [[null]], [[/example/]], [[["https://a.example"]]]])(
    "rejects %j, which is not a list of strings",
    (given) => expect(() => createAllowedOrigins(given as never)).toThrow(/^allowedOrigins/),
  );
});

describe("a pattern", () => {
  it("matches one name", () => {
    const allowed = createAllowedOrigins(["https://app.example.com", pattern]);
    for (const name of ["0a1b2c3d", "my-branch", "x", "a_b", "xn--bcher-kva"]) {
      expect(allowed.includes(`https://${name}.app.pages.dev`)).toBe(true);
    }
    expect(allowed.includes("https://app.example.com")).toBe(true);
  });

  it.each([
    "https://app.pages.dev",
    "https://.app.pages.dev",
    "https://a.b.app.pages.dev",
    "https://evilapp.pages.dev",
    "https://x.evil.app.pages.dev",
    "http://x.app.pages.dev",
    "https://x.app.pages.dev:8443",
    "https://x.app.pages.dev/",
    "https://x.app.pages.dev.evil.com",
    "https://evil.com/.app.pages.dev",
    "https://evil.com#.app.pages.dev",
    "https://evil.com?.app.pages.dev",
    "https://evil.com@x.app.pages.dev",
    "https://X.app.pages.dev",
    "https://x.app.pages.dev, https://evil.com",
    "https://xXapp.pages.dev",
    "https://*.app.pages.dev",
    "null",
  ])("does not allow %j", (origin) => expect(createAllowedOrigins([pattern]).includes(origin)).toBe(false));

  it("may have a port, and be below localhost", () => {
    const allowed = createAllowedOrigins(["http://*.localhost:5173"]);
    expect(allowed.includes("http://tenant.localhost:5173")).toBe(true);
    expect(allowed.includes("http://tenant.localhost:5174")).toBe(false);
    expect(allowed.includes("http://tenant.localhost")).toBe(false);
  });

  it.each([
    "https://*.pages.dev",
    "https://*.workers.dev",
    "https://*.trycloudflare.com",
    "https://*.com",
    "https://*.dev:8443",
    "https://*.pages.dev:8443",
    "http://*.workers.dev",
    "https://*.co.uk",
    "https://*.com.au",
    "https://*.co.jp",
    "https://*.or.at",
    "https://*.com.br:444",
    "https://*.github.io",
    "https://*.gitlab.io",
    "https://*.vercel.app",
    "https://*.netlify.app",
    "https://*.web.app",
    "https://*.firebaseapp.com",
    "https://*.herokuapp.com",
    "https://*.onrender.com",
    "https://*.fly.dev",
    "https://*.deno.dev",
    "https://*.ngrok-free.app",
    "https://*.ngrok.io",
    "https://*.s3.amazonaws.com",
    "https://*.eu-central-1.elb.amazonaws.com",
    "https://*.cloudfront.net",
    "https://*.azurewebsites.net",
    "https://*.r2.dev",
    "https://*.eu.ngrok.io",
    "https://*.xn--p1ai",
  ])("is rejected where anyone can register a name: %s", (origin) =>
    expect(() => createAllowedOrigins([origin])).toThrow("would allow pages of anyone"),
  );

  it.each(["https://*.pages.dev.", "https://*.com.", "https://*.app.pages.dev.", "https://*.localhost.:5173"])(
    "is rejected if its host ends with a dot, which is the same host: %s",
    (origin) => expect(() => createAllowedOrigins([origin])).toThrow(/^allowedOrigins: .* is not an origin/),
  );

  it.each([
    "https://*.app.github.io",
    "https://*.shop.co.uk",
    "https://*.example.io",
    "https://*.com.example.com",
    "https://*.example.de",
    "https://*.my-team.vercel.app",
  ])("is accepted below a name that one owner has: %s", (origin) => {
    expect(createAllowedOrigins([origin]).includes(origin.replace("*", "x"))).toBe(true);
  });
});
