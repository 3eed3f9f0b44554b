/** In this order: most browsers also name the ones they descend from. */
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

/** Longest label made of a User-Agent that no row above knows. */
const LONGEST = 64;

/**
 * What a list of sessions calls the device that sent these headers, if they say anything of it. A client writes its User-Agent as it likes: of
 * one that is not recognised only the first name is kept, and of that only plain characters.
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
  return name.replaceAll(/[^A-Za-z0-9 ._/+-]/g, "").slice(0, LONGEST);
}
