import { useMutation } from "@tanstack/react-query";
import { errorReason } from "trpc-userdo/client";
import { describeError, describeField, type AppError } from "../describe-error.ts";
import { Field } from "../field.tsx";
import { useTRPC, type Account } from "../trpc.ts";
import { AccountForm, textOf } from "./account-form.tsx";
import { CurrentPasswordField, isWrongPassword } from "./current-password-field.tsx";
import { InboxLink } from "./inbox-link.tsx";
import { Panel } from "./panel.tsx";
import { VerificationRequest } from "./verification-request.tsx";

export function EmailPanel({ user }: { readonly user: Account }) {
  const trpc = useTRPC();
  const change = useMutation(trpc.auth.changeEmail.mutationOptions());
  const besideEmail = describeField(change.error, "email") ?? describeAddressError(change.error);

  return (
    <Panel
      title="Email address"
      badge={
        <span className="badge" data-good={user.emailVerified}>
          {user.emailVerified ? "Confirmed" : "Not confirmed"}
        </span>
      }
      intro={
        <>
          You sign in with <strong>{user.email}</strong>.
        </>
      }
    >
      {!user.emailVerified && (
        <div className="panel-part">
          <p>Open the link in the mail that we sent you, to show that this address is yours.</p>
          <VerificationRequest />
        </div>
      )}
      <AccountForm
        action="Change address"
        mutation={change}
        isShownBeside={besideEmail !== undefined || isWrongPassword(change.error)}
        done={
          change.isSuccess && (
            <>
              A link is on its way to {change.variables.email}. Your address stays as it is until you open it.{" "}
              <InboxLink />
            </>
          )
        }
        onSubmit={(fields, form) =>
          change.mutate(
            { email: textOf(fields, "email"), password: textOf(fields, "password") },
            { onSuccess: () => form.reset() },
          )
        }
      >
        <Field label="New address" name="email" type="email" autoComplete="off" error={besideEmail} />
        <CurrentPasswordField error={change.error} />
      </AccountForm>
    </Panel>
  );
}

/** The sentence for an error about the address itself. */
function describeAddressError(error: AppError | null): string | undefined {
  const reason = errorReason(error);
  return reason === "EMAIL_TAKEN" || reason === "EMAIL_UNCHANGED" ? describeError(error) : undefined;
}
