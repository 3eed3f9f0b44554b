import { useMutation } from "@tanstack/react-query";
import { Link } from "../navigation.tsx";
import { useTRPC } from "../trpc.ts";
import { AccountForm } from "./account-form.tsx";
import { LinkCard } from "./link-card.tsx";
import { useLinkToken } from "./link-token.ts";

/**
 * The page of the mailed link that confirms a browser. It asks before it uses the link, because mail scanners open
 * links, too.
 */
export function ConfirmDevicePage() {
  const trpc = useTRPC();
  const token = useLinkToken();
  const confirm = useMutation(trpc.auth.confirmDevice.mutationOptions());

  if (confirm.isSuccess) {
    return (
      <LinkCard title="Thank you">
        <p role="status">This browser is confirmed. Sign in with your password.</p>
        <Link to="/" className="button-primary">
          Sign in
        </Link>
      </LinkCard>
    );
  }
  return (
    <LinkCard title="Confirm this browser" other={{ to: "/", text: "Go to the app" }}>
      {token === undefined ? (
        <p>This page needs the link of a mail. Open it from there.</p>
      ) : (
        <>
          <p>Is this the browser in which you want to sign in? Wrong passwords of others do not make it wait.</p>
          <AccountForm action="Confirm this browser" mutation={confirm} onSubmit={() => confirm.mutate({ token })} />
        </>
      )}
    </LinkCard>
  );
}
