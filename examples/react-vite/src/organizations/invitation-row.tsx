import { useMutation } from "@tanstack/react-query";
import type { inferRouterOutputs } from "@trpc/server";
import { errorReason } from "trpc-userdo/client";
import type { AppRouter } from "../../worker/router.ts";
import { InboxLink } from "../account/inbox-link.tsx";
import { ActionButton } from "../action-button.tsx";
import { describeError } from "../describe-error.ts";
import { Link, navigate } from "../navigation.tsx";
import { useTRPC } from "../trpc.ts";
import { organizationPath } from "./organization-routes.ts";

type Listed = inferRouterOutputs<AppRouter>["organizations"]["list"][number];
type Invited = Extract<Listed, { status: "invited" }>;

export function InvitationRow({ invitation }: { readonly invitation: Invited }) {
  const trpc = useTRPC();
  const { id, name, role, invitationId, inviter } = invitation;
  const accept = useMutation(
    trpc.organizations.invitations.accept.mutationOptions({ onSuccess: () => navigate(organizationPath(id)) }),
  );
  const decline = useMutation(trpc.organizations.invitations.decline.mutationOptions());
  const block = useMutation(trpc.organizations.invitations.blockInviter.mutationOptions());
  const error = accept.error ?? decline.error ?? block.error;
  const isPending = accept.isPending || decline.isPending || block.isPending;

  return (
    <li className="row" data-leaving={isPending}>
      <div className="row-words">
        <p className="row-title">
          {name}{" "}
          <span className="badge" data-good>
            {role}
          </span>
        </p>
        <p className="row-detail">
          {inviter === undefined ? "You are invited" : `From ${inviter.email}`}
          {/* Anyone can sign up with another person's address. */}
          {inviter?.emailVerified === false && " (address not verified)"}
        </p>
      </div>
      <ActionButton
        className="button-quiet"
        aria-label={`Accept the invitation to ${name}`}
        isDisabled={isPending}
        onClick={() => accept.mutate({ invitationId })}
      >
        Accept
      </ActionButton>
      <ActionButton
        className="button-quiet"
        aria-label={`Decline the invitation to ${name}`}
        isDisabled={isPending}
        onClick={() => decline.mutate({ invitationId })}
      >
        Decline
      </ActionButton>
      {inviter && (
        <ActionButton
          className="button-quiet"
          aria-label={`Block inviter ${inviter.email}`}
          isDisabled={isPending}
          onClick={() => block.mutate({ invitationId })}
        >
          Block inviter
        </ActionButton>
      )}
      {error && (
        <p className="field-error" role="alert">
          {describeError(error)}{" "}
          {errorReason(error) === "EMAIL_NOT_VERIFIED" && (
            <>
              <Link to="/account" className="link">
                Confirm your address
              </Link>{" "}
              <InboxLink />
            </>
          )}
        </p>
      )}
    </li>
  );
}
