import { useMutation } from "@tanstack/react-query";
import { describeField } from "../describe-error.ts";
import { Field } from "../field.tsx";
import { useTRPC } from "../trpc.ts";
import { AccountForm, textOf } from "./account-form.tsx";
import { InboxLink } from "./inbox-link.tsx";
import { LinkCard } from "./link-card.tsx";

export function ForgotPasswordPage() {
  const trpc = useTRPC();
  const request = useMutation(trpc.auth.requestPasswordReset.mutationOptions());

  return (
    <LinkCard title="Forgot your password?" withoutFocus other={{ to: "/", text: "Back to signing in" }}>
      <p>Enter your email address. We will send you a link to choose a new password.</p>
      <AccountForm
        action="Mail me a link"
        mutation={request}
        // Shows the same for every address, so that the page does not reveal who has an account.
        done={
          request.isSuccess && (
            <>
              If {request.variables.email} has an account, a link is on its way there. It works once, for one hour.{" "}
              <InboxLink />
            </>
          )
        }
        onSubmit={(fields) => request.mutate({ email: textOf(fields, "email") })}
      >
        <Field
          label="Email"
          name="email"
          type="email"
          autoComplete="username"
          autoFocus
          error={describeField(request.error, "email")}
        />
      </AccountForm>
    </LinkCard>
  );
}
