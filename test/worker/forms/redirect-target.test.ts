import { describe, expect, it } from "vitest";
import { formCall } from "../../../src/worker/forms/form-call.js";
import { redirectTarget } from "../../../src/worker/forms/redirect-after.js";

const ownOrigin = "https://blog.example.com";
const target = (requested: string | undefined) =>
  redirectTarget({ requested, fallback: "/home", ownOrigin, allowedOrigins: ["https://app.example.com"] }).href;

describe("the redirect target of a form", () => {
  it.each([
    ["/posts?page=2#top", `${ownOrigin}/posts?page=2#top`],
    ["posts", `${ownOrigin}/posts`],
    [`${ownOrigin}/posts`, `${ownOrigin}/posts`],
    ["https://app.example.com/welcome", "https://app.example.com/welcome"],
    ["", `${ownOrigin}/`],
  ])("follows %j", (requested, href) => {
    expect(target(requested)).toBe(href);
  });

  it.each([
    undefined,
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "\u0000//evil.example",
    " //evil.example",
    "https:evil.example",
    "https://evil.example",
    "https://blog.example.com.evil.example/",
    "https://blog.example.com@evil.example/",
    "https://evil@blog.example.com/",
    "http://blog.example.com/",
    "https://blog.example.com:8443/",
    "http://app.example.com/",
    "javascript:alert(1)",
    "data:text/html,x",
    "blob:https://blog.example.com/1",
    "https://",
  ])("does not follow %j", (requested) => {
    expect(new URL(target(requested)).origin).toBe(ownOrigin);
    if (requested !== "https:evil.example") expect(target(requested)).toBe(`${ownOrigin}/home`);
  });
});

describe("the call of a form", () => {
  const fields = new Map([
    ["email", "ada@example.com"],
    ["password", " pass word "],
    ["profile.firstName", "Ada"],
    ["next", "/"],
    ["submit", "Go"],
    ["emailVerified", "true"],
  ]);

  it("has the fields of the procedure's input, and no others", () => {
    const credentials = { email: "ada@example.com", password: " pass word " };
    expect(formCall({ form: "login", fields })).toEqual({ path: "auth.login", input: credentials });
    expect(formCall({ form: "logout", fields })).toEqual({ path: "auth.logout", input: undefined });
    expect(formCall({ form: "signup", fields })).toEqual({
      path: "auth.signup",
      input: { ...credentials, profile: { firstName: "Ada" } },
    });
  });
});
