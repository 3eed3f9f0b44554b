/** Which pages a browser sends the session cookies for. */
export interface CookieOptions {
  /**
   * - `"lax"`: pages of the API's own site, such as `app.example.com` for an API at `api.example.com`
   * - `"none"`: pages of other sites too, if their origin is one of `allowedOrigins`, and pages that another site embeds
   *
   * @default "lax"
   */
  readonly sameSite?: "lax" | "none";
  /**
   * Keeps the cookies separately for each site that the user visits (CHIPS). Browsers that block third-party cookies
   * accept partitioned ones. Requires `sameSite: "none"`. Changing it signs users out, because it changes the cookies'
   * names.
   * @default false
   */
  readonly partitioned?: boolean;
}

/**
 * Checks the options once, when the app starts.
 *
 * @throws Error that names the option which could never take effect
 */
export function checkCookieOptions(cookies: CookieOptions): void {
  const given: unknown = cookies;
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new Error('cookies: this is not an object. Write it as `cookies: { sameSite: "none" }`.');
  }
  const { sameSite = "lax", partitioned = false, ...others } = given as Readonly<Record<string, unknown>>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new Error(
      `cookies: "${unknown}" cannot be set. Use \`sameSite\` and \`partitioned\`; the other attributes follow from ` +
        "the address of the request.",
    );
  }
  if (sameSite !== "lax" && sameSite !== "none") {
    throw new Error('cookies.sameSite: this value is not supported. Use "lax" or "none".');
  }
  if (typeof partitioned !== "boolean") {
    throw new Error("cookies.partitioned: this is not a boolean. Use true or false.");
  }
  if (partitioned && sameSite !== "none") {
    throw new Error(
      'cookies.partitioned: browsers keep partitioned cookies apart only with `sameSite: "none"`. Add it, or remove ' +
        "`partitioned`.",
    );
  }
}
