import { useMutation, useQueryClient } from "@tanstack/react-query";
import { describeField } from "../describe-error.ts";
import { Field } from "../field.tsx";
import { Link } from "../navigation.tsx";
import { useTRPC } from "../trpc.ts";
import { AccountForm, textOf } from "./account-form.tsx";
import { LinkCard } from "./link-card.tsx";
import { useLinkToken } from "./link-token.ts";
import { useLinkCheck } from "./use-link-check.ts";

/** The page of the link in a mail about a forgotten password. */
export function ResetPasswordPage() {
  const trpc = useTRPC();
  const token = useLinkToken();
  const link = useLinkCheck(token, "resetPassword");
  const queryClient = useQueryClient();
  // A reset ends all sessions, including one of this browser.
  const reset = useMutation(
    trpc.auth.resetPassword.mutationOptions({ onSuccess: () => queryClient.invalidateQueries() }),
  );

  if (reset.isSuccess) {
    return (
      <LinkCard title="Your password was changed">
        <p role="status">All devices were signed out. Sign in with the new one.</p>
        <Link to="/" className="button-primary">
          Sign in
        </Link>
      </LinkCard>
    );
  }
  return (
    <LinkCard
      title="Choose a new password"
      withoutFocus={token !== undefined}
      other={{ to: "/forgot-password", text: "Ask for a new link" }}
    >
      {token === undefined && <p>This page needs the link of a mail: ask for one, and open it from there.</p>}
      {link.isPending && <p role="status">Checking the link…</p>}
      {link.problem !== undefined && (
        <p className="alert" role="alert">
          {link.problem}
        </p>
      )}
      {token !== undefined && !link.isPending && link.problem === undefined && (
        <AccountForm
          action="Change password"
          mutation={reset}
          onSubmit={(fields) => reset.mutate({ token, password: textOf(fields, "password") })}
        >
          <Field
            label="New password"
            name="password"
            type="password"
            autoComplete="new-password"
            autoFocus
            error={describeField(reset.error, "password")}
          />
        </AccountForm>
      )}
    </LinkCard>
  );
}
