import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";

interface Lockfile {
  readonly packages: Readonly<
    Record<string, { readonly engines?: { readonly node?: string }; readonly optional?: boolean }>
  >;
}

type Version = readonly [major: number, minor: number, patch: number];

const read = (file: string) => readFile(new URL(`../../${file}`, import.meta.url), "utf8");

function parse(text: string): Version {
  const [major = 0, minor = 0, patch = 0] = text.split(".").map((part) => (part === "*" ? 0 : Number(part)));
  return [major, minor, patch];
}

function isAtLeast(version: Version, other: Version): boolean {
  const different = version.findIndex((part, index) => part !== other[index]);
  return different === -1 || version[different]! > other[different]!;
}

/** The forms of version ranges that packages use here. An unknown form fails the test, so that somebody checks it. */
function satisfies(version: Version, range: string): boolean {
  return range.split("||").some((part) => {
    const [, operator = "", text = ""] = /^(>=|\^|)\s*(\*|\d+(?:\.(?:\d+|\*))*)$/.exec(part.trim()) ?? [];
    if (text === "") throw new Error(`"${range}" is a range that this test does not know.`);
    if (text === "*") return true;
    return isAtLeast(version, parse(text)) && (operator === ">=" || version[0] === parse(text)[0]);
  });
}

it("supports the oldest Node that the README names, and newer ones, in every dependency", async () => {
  const { packages } = JSON.parse(await read("package-lock.json")) as Lockfile;
  const own = (JSON.parse(await read("package.json")) as { engines: { node: string } }).engines.node;
  const supported = own.split("||").map((range) => parse(range.replace(/^[^\d]+/, "").trim()));
  expect(supported.map(String)).toEqual(["22,13,0", "24,0,0"]);
  expect(packages[""]?.engines?.node).toBe(own);
  for (const page of ["README.md", "CONTRIBUTING.md"]) {
    expect(await read(page)).toContain("Node 22.13 or newer, or Node 24");
  }
  const warned = Object.entries(packages).flatMap(([name, { engines, optional = false }]) => {
    const range = engines?.node;
    // npm skips an incompatible optional package without a warning.
    if (range === undefined || optional) return [];
    return supported.every((version) => satisfies(version, range)) ? [] : [`${name}: ${range}`];
  });
  expect(warned).toEqual([]);
});
