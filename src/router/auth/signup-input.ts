import { z } from "zod";
import type { Credentials, Signup } from "../../shared/account.js";
import type { AppDefinition } from "../definition.js";
import { optionalIfEmpty } from "../optional-if-empty.js";
import type { SignupProfile } from "../profile.js";
import { emailInput, newPasswordInput, tokensInput } from "./credentials.js";

/** The input of `auth.signup`, with the `profile` if the app has one. */
export function signupInput<TApp extends AppDefinition>(
  profile: TApp["profile"],
): z.ZodType<Signup, Credentials & SignupProfile<TApp>> {
  const credentials = z.strictObject({ email: emailInput, password: newPasswordInput, tokens: tokensInput });
  const schema = profile ? credentials.extend({ profile: optionalIfEmpty(profile.strict()) }) : credentials;
  // TypeScript cannot resolve the conditional type while the app is generic.
  return schema as unknown as z.ZodType<Signup, Credentials & SignupProfile<TApp>>;
}
