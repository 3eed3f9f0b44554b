/**
 * Checks once, when the app starts, what the app calls its endpoint and its cookies: under a misspelt path nothing would
 * ever answer, and a prefix that no cookie can have would fail the first sign-in.
 *
 * @throws Error that names the option
 */
export function checkNames({
  path,
  cookiePrefix = "userdo",
}: {
  path: string;
  cookiePrefix?: string | undefined;
}): void {
  if (!/^(\/[\w.~-]+)+$/.test(path)) {
    throw new Error(`path: "${path}" is no path to answer under. Begin with "/" and do not end with it: "/api/trpc".`);
  }
  if (!/^[\w-]+$/.test(cookiePrefix)) {
    throw new Error(`cookiePrefix: "${cookiePrefix}" cannot begin a cookie's name. Use letters, digits, "_" and "-".`);
  }
}
