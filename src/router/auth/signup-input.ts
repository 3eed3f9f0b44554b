import { z } from "zod";
import type { Credentials, Signup } from "../../shared/account.js";
import type { AppDefinition } from "../definition.js";
import { optionalIfEmpty } from "../optional-if-empty.js";
import type { SignupProfile } from "../profile.js";
import { emailInput, newPasswordInput, tokensInput } from "./credentials.js";

/** What `auth.signup` takes: with the app's own fields of a user, if it has any. */
export function signupInput<TApp extends AppDefinition>(
  profile: TApp["profile"],
): z.ZodType<Signup, Credentials & SignupProfile<TApp>> {
  const credentials = z.strictObject({ email: emailInput, password: newPasswordInput, tokens: tokensInput });
  const schema = profile ? credentials.extend({ profile: optionalIfEmpty(profile.strict()) }) : credentials;
  // What the conditional type comes to for a profile is what the schema is for that profile.
  return schema as unknown as z.ZodType<Signup, Credentials & SignupProfile<TApp>>;
}
