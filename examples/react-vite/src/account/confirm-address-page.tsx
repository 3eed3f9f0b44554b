import { useMutation, useQueryClient } from "@tanstack/react-query";
import { errorReason } from "trpc-userdo/client";
import { useState } from "react";
import { Link } from "../navigation.tsx";
import { useTRPC } from "../trpc.ts";
import { AccountForm } from "./account-form.tsx";
import { LinkCard } from "./link-card.tsx";
import { useLinkToken } from "./link-token.ts";
import { SignInToConfirm } from "./sign-in-to-confirm.tsx";

/** The page of the link in a new user's mail. */
export function VerifyEmailPage() {
  const trpc = useTRPC();
  return (
    <ConfirmAddress
      options={trpc.auth.verifyEmail.mutationOptions()}
      question="Confirm that this email address is yours."
      done="Your address is confirmed."
    />
  );
}

/** The page of the link in a mail to a user's new address. */
export function ConfirmEmailPage() {
  const trpc = useTRPC();
  return (
    <ConfirmAddress
      options={trpc.auth.confirmEmailChange.mutationOptions()}
      question="Is this your new address? From then on you sign in with it. Your tasks stay."
      done="Your account has its new address."
    />
  );
}

type Options = ReturnType<ReturnType<typeof useTRPC>["auth"]["verifyEmail"]["mutationOptions"]>;

interface ConfirmAddressProps {
  readonly options: Pick<Options, "mutationFn" | "mutationKey">;
  readonly question: string;
  readonly done: string;
}

/** Asks before it uses the link, because mail scanners open links, too. */
function ConfirmAddress({ options, question, done }: ConfirmAddressProps) {
  const token = useLinkToken();
  const queryClient = useQueryClient();
  const confirm = useMutation<void, Parameters<NonNullable<Options["onError"]>>[0], { token: string }>({
    ...options,
    onSuccess: () => queryClient.invalidateQueries(),
  });
  const [isRejected, setRejected] = useState(false);

  if (isRejected) {
    return (
      <LinkCard title="Thank you" other={{ to: "/", text: "Go to the app" }}>
        <p role="status">Your address is free again. No account uses it.</p>
      </LinkCard>
    );
  }

  if (confirm.isSuccess) {
    return (
      <LinkCard title="Thank you" other={{ to: "/organizations", text: "Go to your organizations" }}>
        <p role="status">{done}</p>
        <Link to="/" className="button-primary">
          Go to your tasks
        </Link>
      </LinkCard>
    );
  }
  return (
    <LinkCard title="Confirm your address" other={{ to: "/", text: "Go to the app" }}>
      {token === undefined ? (
        <p>This page needs the link of a mail. Open it from there, or ask for a new one on your account's page.</p>
      ) : errorReason(confirm.error) === "LINK_NEEDS_SESSION" ? (
        <SignInToConfirm token={token} onSignIn={() => confirm.mutate({ token })} onReject={() => setRejected(true)} />
      ) : (
        <>
          <p>{question}</p>
          <AccountForm action="Confirm the address" mutation={confirm} onSubmit={() => confirm.mutate({ token })} />
        </>
      )}
    </LinkCard>
  );
}
