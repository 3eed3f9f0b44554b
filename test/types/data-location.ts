// Checked by the compiler only: `jurisdiction` and `locationHint` of an app.
import { createUserDO } from "trpc-userdo/do";
import { initUserDO } from "trpc-userdo/router";
import { createCaller } from "trpc-userdo/worker";
import { z } from "zod";

const t = initUserDO({ appJurisdiction: "eu", profile: z.object({ country: z.string() }) });
const router = t.router({ ...t.builtin });

export class PlacedDO extends createUserDO(router, {
  jurisdiction(created) {
    if (created.type === "organization") {
      const country: string = created.user.profile.country;
      return country === "US" ? "us" : created.jurisdiction;
    }
    return created.request?.cf.isEUCountry === "1" ? "eu" : undefined;
  },
  locationHint: async (created) => (created.type === "user" ? "weur" : undefined),
}) {}

export class ConstantDO extends createUserDO(router, { jurisdiction: "fedramp-high", locationHint: "apac-ne" }) {}

// @ts-expect-error not a jurisdiction
initUserDO({ appJurisdiction: "mars" });

// @ts-expect-error not a jurisdiction
createUserDO(router, { jurisdiction: "mars" });

// @ts-expect-error not a region
createUserDO(router, { locationHint: () => "moon" });

createUserDO(router, {
  // @ts-expect-error a new organization has no request
  jurisdiction: (created) => (created.request ? "eu" : "us"),
});

export const call = (namespace: DurableObjectNamespace<PlacedDO>) =>
  createCaller<typeof router>(namespace, { appJurisdiction: "eu" });

export const callAny = (namespace: DurableObjectNamespace) =>
  // @ts-expect-error not a jurisdiction
  createCaller<typeof router>(namespace, { appJurisdiction: "EU" });
