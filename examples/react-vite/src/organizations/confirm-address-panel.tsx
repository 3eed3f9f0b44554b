import { useQuery } from "@tanstack/react-query";
import { Panel } from "../account/panel.tsx";
import { VerificationRequest } from "../account/verification-request.tsx";
import { live, useSession, useTRPC } from "../trpc.ts";

/**
 * Asks a user to confirm their address, because only the owner of an address sees its invitations. It disappears when the
 * address is confirmed, in any tab or on another device.
 */
export function ConfirmAddressPanel({ email }: { readonly email: string }) {
  const trpc = useTRPC();
  const session = useSession();
  const isUnverified = session.status === "signedIn" && !session.user.emailVerified;
  const account = useQuery(live(trpc.account.get.queryOptions(undefined, { enabled: isUnverified })));
  if (!isUnverified || account.data?.emailVerified) return null;
  return (
    <Panel
      title="Confirm your address"
      intro={
        <>
          Invitations to <strong>{email}</strong> appear here once you open the link in the mail that we sent you.
        </>
      }
    >
      <VerificationRequest />
    </Panel>
  );
}
