import { useMutation } from "@tanstack/react-query";
import { errorReason } from "trpc-userdo/client";
import { useState } from "react";
import { AccountForm, textOf } from "./account/account-form.tsx";
import { CredentialFields } from "./account/credential-fields.tsx";
import { LinkCard } from "./account/link-card.tsx";
import { describeReason } from "./describe-error.ts";
import { DeviceLinkOffer } from "./device-link-offer.tsx";
import { Link, usePath } from "./navigation.tsx";
import { INVITATION_PATH } from "./organizations/organization-routes.ts";
import { useTRPC } from "./trpc.ts";

const texts = {
  signIn: { title: "Sign in", question: "No account yet?", other: "Create one" },
  signUp: { title: "Create your account", question: "Already have an account?", other: "Sign in" },
};

export function SignInCard() {
  const trpc = useTRPC();
  const isInvited = usePath() === INVITATION_PATH;
  const [mode, setMode] = useState<keyof typeof texts>("signIn");
  const login = useMutation(trpc.auth.login.mutationOptions());
  const signup = useMutation(trpc.auth.signup.mutationOptions());
  const shown = mode === "signIn" ? login : signup;
  const text = texts[mode];
  const [redirected] = useState(redirectError);

  function toggle() {
    shown.reset();
    setMode(mode === "signIn" ? "signUp" : "signIn");
  }

  return (
    <LinkCard title={text.title} withoutFocus note="Each account is a Durable Object with its own database.">
      {isInvited && <p className="notice">You are invited. Use the address that the invitation was mailed to.</p>}
      {redirected !== undefined && shown.isIdle && (
        <p className="alert" role="alert">
          {redirected}
        </p>
      )}
      <AccountForm
        action={mode === "signIn" ? "Sign in" : "Sign up"}
        mutation={shown}
        onSubmit={(fields) => shown.mutate({ email: textOf(fields, "email"), password: textOf(fields, "password") })}
      >
        <CredentialFields error={shown.error} isNew={mode === "signUp"} autoFocus />
      </AccountForm>
      {login.variables && errorReason(login.error) === "TOO_MANY_WRONG_PASSWORDS" && mode === "signIn" && (
        <DeviceLinkOffer key={login.variables.email} email={login.variables.email} />
      )}
      {mode === "signIn" && (
        <p className="sign-in-other">
          <Link to="/forgot-password" className="button-link">
            Forgot your password?
          </Link>
        </p>
      )}
      <p className="sign-in-other">
        {text.question}{" "}
        <button className="button-link" type="button" onClick={toggle}>
          {text.other}
        </button>
      </p>
    </LinkCard>
  );
}

/** The error of a form that was sent without JavaScript: it redirects back with `?error=<code>&reason=<reason>`. */
function redirectError(): string | undefined {
  const search = new URLSearchParams(window.location.search);
  const code = search.get("error");
  return code === null ? undefined : describeReason(errorReason({ data: { reason: search.get("reason") } }), code);
}
