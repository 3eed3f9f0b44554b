import { expect, it } from "vitest";
import { openBrowser, password } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { countMails } from "../../fixtures/mail.js";
import { mailedTo, anonymousClient, verified } from "./people.js";
import { expectStops, stopEverywhere } from "./stop-everywhere.js";

const kind = "confirmDevice";

it(
  "confirms a browser with a mailed link, or can request another link, whenever it is stopped",
  { timeout: 480_000 },
  async () => {
    const stops = await stopEverywhere({
      before: async () => ({ ...(await verified()), device: openBrowser().client("batch", "/crash") }),
      async run({ email, device }) {
        await anonymousClient().auth.requestDeviceLink.mutate({ email });
        await device.auth.confirmDevice.mutate({ token: await mailedTo(email, kind) });
      },
      async again({ email, device }) {
        // The link may be in the mailbox although its reply was lost.
        if (countMails(email, kind) > 0) {
          if ((await codeOf(device.auth.confirmDevice.mutate({ token: await mailedTo(email, kind) }))) === "none")
            return;
        }
        const before = countMails(email, kind);
        await anonymousClient().auth.requestDeviceLink.mutate({ email });
        await device.auth.confirmDevice.mutate({ token: await mailedTo(email, kind, before + 1) });
      },
      async after({ email, device }) {
        const guesses = Array.from({ length: 8 }, () =>
          anonymousClient().auth.login.mutate({ email, password: "wrong" }),
        );
        expect(await Promise.all(guesses.map(codeOf))).toContain("TOO_MANY_REQUESTS");
        expect(await codeOf(anonymousClient().auth.login.mutate({ email, password }))).toBe("TOO_MANY_REQUESTS");
        expect(await codeOf(device.auth.login.mutate({ email, password }))).toBe("none");
      },
    });
    expectStops(stops, "user", "email");
  },
);
