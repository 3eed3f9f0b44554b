import { useMutation } from "@tanstack/react-query";
import { useTRPC } from "../trpc.ts";
import { AccountForm, textOf } from "./account-form.tsx";
import { CredentialFields } from "./credential-fields.tsx";

interface SignInToConfirmProps {
  readonly token: string;
  readonly onSignIn: () => void;
  readonly onReject: () => void;
}

/**
 * Asks a visitor without a session of the account to sign in, or to reject the account. Only this page offers the rejection:
 * it deletes an account that never confirmed the address, so the account's user must not press it by mistake.
 */
export function SignInToConfirm({ token, onSignIn, onReject }: SignInToConfirmProps) {
  const trpc = useTRPC();
  const signIn = useMutation(trpc.auth.login.mutationOptions({ onSuccess: onSignIn }));
  const reject = useMutation(trpc.auth.rejectEmail.mutationOptions({ onSuccess: onReject }));

  return (
    <>
      <p>Sign in to the account that requested this email.</p>
      <AccountForm
        action="Sign in and confirm"
        mutation={signIn}
        onSubmit={(fields) => signIn.mutate({ email: textOf(fields, "email"), password: textOf(fields, "password") })}
      >
        <CredentialFields error={signIn.error} />
      </AccountForm>
      <p>You did not ask for it? Then someone else entered your address. Free it, so that no account uses it.</p>
      <AccountForm action="This was not me" mutation={reject} danger onSubmit={() => reject.mutate({ token })} />
    </>
  );
}
