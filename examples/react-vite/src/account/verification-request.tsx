import { useMutation } from "@tanstack/react-query";
import { ActionButton } from "../action-button.tsx";
import { ErrorMessage } from "../error-message.tsx";
import { useTRPC } from "../trpc.ts";
import { InboxLink } from "./inbox-link.tsx";

/** Sends the mail with the link that confirms the user's address again. */
export function VerificationRequest() {
  const trpc = useTRPC();
  const request = useMutation(trpc.auth.requestEmailVerification.mutationOptions());

  return (
    <>
      <ErrorMessage error={request.error} />
      <div className="panel-actions">
        <ActionButton
          className="button-quiet"
          isDisabled={request.isPending || request.isSuccess}
          onClick={() => request.mutate()}
        >
          Send the link again
        </ActionButton>
        <p role="status">{request.isSuccess && "Sent."}</p>
        <InboxLink />
      </div>
    </>
  );
}
