import type { SignUpRequest } from "../../shared/sign-up-request.js";

const NAMES = ["country", "continent", "isEUCountry", "regionCode", "colo"] as const;

/** Describes the request of a sign-up, for the app's choice of a jurisdiction. */
export function signUpRequestOf(request: Request, { hostname }: Pick<URL, "hostname">): SignUpRequest {
  const cf = (request.cf ?? {}) as Readonly<Record<string, unknown>>;
  const present = NAMES.filter((name) => typeof cf[name] === "string");
  return { hostname, cf: Object.fromEntries(present.map((name) => [name, cf[name]])) };
}
