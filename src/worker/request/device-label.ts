/** The order matters: most browsers also send the names of the browsers that they are based on. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(e|A|iOS)?\//, "Edge"],
  [/\b(OPR|Opera)\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/\b(Chrome|CriOS|HeadlessChrome)\//, "Chrome"],
  [/\bSafari\//, "Safari"],
];

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b|\bMacintosh\b/, "macOS"],
  [/\bLinux\b/, "Linux"],
];

/** Maximum length of the label of an unknown browser. */
const MAX_LENGTH = 64;

/**
 * Describes the device that sent these headers, for the list of sessions: "Firefox on Windows". `undefined` without a
 * User-Agent. A client can send any User-Agent, so the label of an unknown one is its first word without special characters.
 */
export function deviceLabel(headers: Headers): string | undefined {
  const agent = (headers.get("user-agent") ?? "").slice(0, 1_024);
  const browser = BROWSERS.find(([pattern]) => pattern.test(agent))?.[1];
  const system = SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1];
  const label = browser && system ? `${browser} on ${system}` : (browser ?? firstName(agent));
  return label === "" ? undefined : label;
}

function firstName(agent: string): string {
  const [name = ""] = agent.split(/[\s(]/, 1);
  return name.replaceAll(/[^A-Za-z0-9 ._/+-]/g, "").slice(0, MAX_LENGTH);
}
