import { expect, it } from "vitest";
import { emailObjectName } from "../../../src/do/accounts/email/email-object-name.js";
import { emailObjectAddress } from "../../../src/shared/email-object-address.js";
import { toName } from "../../../src/shared/owner.js";

it.each(["ada@example.com", "j\u00F6rg@xn--bcher-kva.example", `${"a".repeat(240)}@example.com`])(
  "names the same object as the asynchronous function: %s",
  async (email) => {
    for (const secret of ["x".repeat(32), "\u00E9\u{1F510}".repeat(10)]) {
      expect(emailObjectName(secret, email)).toBe(toName(await emailObjectAddress(secret, email)));
    }
  },
);
