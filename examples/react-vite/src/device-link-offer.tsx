import { useMutation } from "@tanstack/react-query";
import { InboxLink } from "./account/inbox-link.tsx";
import { ActionButton } from "./action-button.tsx";
import { ErrorMessage } from "./error-message.tsx";
import { useTRPC } from "./trpc.ts";

/** Offers a mailed link to a user who has to wait because of wrong passwords, which an attacker may have entered. */
export function DeviceLinkOffer({ email }: { readonly email: string }) {
  const trpc = useTRPC();
  const request = useMutation(trpc.auth.requestDeviceLink.mutationOptions());

  if (request.isSuccess) {
    return (
      <div role="status" className="notice">
        <p>If there is an account for {email}, a link is on its way. Open it in this browser, then sign in.</p>
        <InboxLink />
      </div>
    );
  }
  return (
    <>
      <p className="sign-in-other">
        You need not wait. We can mail you a link that confirms this browser.{" "}
        <ActionButton className="button-link" isDisabled={request.isPending} onClick={() => request.mutate({ email })}>
          Mail me a link
        </ActionButton>
      </p>
      <ErrorMessage error={request.error} />
    </>
  );
}
