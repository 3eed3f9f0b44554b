/**
 * Checks the path of the endpoint and the prefix of the cookies when the app starts. No request would match a malformed
 * path, and a prefix that no cookie can have would only fail the first sign-in.
 *
 * @throws Error with the name of the option
 */
export function checkNames({ path, cookiePrefix }: { path: string; cookiePrefix?: string | undefined }): void {
  // The URL parser resolves "." and "..".
  const isPath = /^(\/[\w.~-]+)+$/.test(path) && new URL(path, "https://app.example.com").pathname === path;
  if (!isPath) {
    throw new Error(`path: "${path}" is not a valid path. Begin it with "/", and do not end it with "/": "/api/trpc".`);
  }
  checkCookiePrefix(cookiePrefix);
}

/** @throws Error for a prefix with which browsers do not store a cookie */
export function checkCookiePrefix(cookiePrefix: string = "userdo"): void {
  if (!/^[\w-]+$/.test(cookiePrefix)) {
    throw new Error(
      `cookiePrefix: "${cookiePrefix}" cannot be used in the name of a cookie. Use letters, digits, "_" and "-".`,
    );
  }
  // Browsers reject such a cookie without the attributes that its prefix requires, which differ on localhost.
  if (/^__(host|secure|http)-/i.test(cookiePrefix)) {
    throw new Error(
      `cookiePrefix: "${cookiePrefix}" begins with a prefix that browsers reserve. Remove it: \`__Host-\` is added automatically.`,
    );
  }
  if (cookiePrefix.length > 64) {
    throw new Error("cookiePrefix is longer than 64 characters. Use a shorter prefix.");
  }
}
