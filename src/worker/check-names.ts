/**
 * Checks once, when the app starts, what the app calls its endpoint and its cookies: under a misspelt path nothing would
 * ever answer, and a prefix that no cookie can have would fail the first sign-in.
 *
 * @throws Error that names the option
 */
export function checkNames({ path, cookiePrefix }: { path: string; cookiePrefix?: string | undefined }): void {
  // A URL has no "." and ".." any more.
  const isPath = /^(\/[\w.~-]+)+$/.test(path) && new URL(path, "https://app.example.com").pathname === path;
  if (!isPath) {
    throw new Error(
      `path: "${path}" is not a path to answer under. Begin with "/" and do not end with it: "/api/trpc".`,
    );
  }
  checkCookiePrefix(cookiePrefix);
}

/** @throws Error for a prefix with which no browser would keep a cookie */
export function checkCookiePrefix(cookiePrefix: string = "userdo"): void {
  if (!/^[\w-]+$/.test(cookiePrefix)) {
    throw new Error(`cookiePrefix: "${cookiePrefix}" cannot begin a cookie's name. Use letters, digits, "_" and "-".`);
  }
  // Browsers drop such a cookie without the attributes that its prefix demands, which differ on localhost.
  if (/^__(host|secure|http)-/i.test(cookiePrefix)) {
    throw new Error(
      `cookiePrefix: "${cookiePrefix}" begins with a prefix that browsers reserve. Remove it: \`__Host-\` is added where it works.`,
    );
  }
  if (cookiePrefix.length > 64) {
    throw new Error("cookiePrefix: this is longer than 64 characters. Choose a shorter one.");
  }
}
