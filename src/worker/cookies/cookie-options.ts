/** Attributes of the session cookies. They determine for which pages a browser sends them. */
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
 * Checks the options when the app starts.
 *
 * @throws Error with the name of an option that never takes effect
 */
export function checkCookieOptions(cookies: CookieOptions): void {
  const given: unknown = cookies;
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new Error('cookies is not an object. Pass an object such as { sameSite: "none" }.');
  }
  const { sameSite = "lax", partitioned = false, ...others } = given as Readonly<Record<string, unknown>>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new Error(
      `cookies: "${unknown}" is not an option. Use \`sameSite\` and \`partitioned\`; the other attributes depend on the ` +
        "URL of the request.",
    );
  }
  if (sameSite !== "lax" && sameSite !== "none") {
    throw new Error('cookies.sameSite: this value is not supported. Use "lax" or "none".');
  }
  if (typeof partitioned !== "boolean") {
    throw new Error("cookies.partitioned is not a boolean. Use true or false.");
  }
  if (partitioned && sameSite !== "none") {
    throw new Error(
      'cookies.partitioned: browsers accept partitioned cookies only with `sameSite: "none"`. Add it, or remove ' +
        "`partitioned`.",
    );
  }
}
