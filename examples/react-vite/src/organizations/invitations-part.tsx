import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { textOf } from "../account/account-form.tsx";
import { InboxLink } from "../account/inbox-link.tsx";
import { ActionButton } from "../action-button.tsx";
import { describeError, describeField } from "../describe-error.ts";
import { ErrorMessage } from "../error-message.tsx";
import { Field } from "../field.tsx";
import { live, useTRPC } from "../trpc.ts";
import { useFocusInvalid } from "../use-focus-invalid.ts";
import { RoleSelect, type Role } from "./member-row.tsx";

interface InvitationsPartProps {
  readonly organizationId: string;
  /** The roles that the user may assign. */
  readonly roles: readonly Role[];
}

/** A form for invitations by address, and the pending invitations. */
export function InvitationsPart({ organizationId, roles }: InvitationsPartProps) {
  const trpc = useTRPC();
  const waiting = useQuery(live(trpc.organizations.invitations.list.queryOptions({ organizationId })));
  const create = useMutation(trpc.organizations.invitations.create.mutationOptions());
  const cancel = useMutation(trpc.organizations.invitations.cancel.mutationOptions());
  const resend = useMutation(trpc.organizations.invitations.resend.mutationOptions());
  const [role, setRole] = useState<Role>("member");
  const beside = describeField(create.error, "email") ?? describeError(create.error);

  const invite = useFocusInvalid(create.error);

  function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    create.mutate(
      { organizationId, email: textOf(new FormData(form), "email"), role },
      { onSuccess: () => form.reset() },
    );
  }

  return (
    <>
      {waiting.data && waiting.data.length > 0 && (
        <ul className="rows" aria-label="Waiting invitations">
          {waiting.data.map((invitation) => (
            <li className="row" key={invitation.id}>
              <div className="row-words">
                <p className="row-title">{invitation.email}</p>
                <p className="row-detail">invited as {invitation.role}</p>
              </div>
              <ActionButton
                className="button-quiet"
                aria-label={`Send again to ${invitation.email}`}
                isDisabled={resend.isPending}
                onClick={() => resend.mutate({ organizationId, invitationId: invitation.id })}
              >
                Send again
              </ActionButton>
              <ActionButton
                className="button-quiet"
                aria-label={`Cancel the invitation of ${invitation.email}`}
                isDisabled={cancel.isPending}
                onClick={() => cancel.mutate({ organizationId, invitationId: invitation.id })}
              >
                Cancel
              </ActionButton>
            </li>
          ))}
        </ul>
      )}
      <ErrorMessage className="field-error" error={cancel.error ?? resend.error} />
      <form className="invite" ref={invite} onSubmit={submit} noValidate>
        <Field label="Invite by email" name="email" type="email" autoComplete="off" error={beside} />
        <div className="panel-actions">
          <RoleSelect label="Role of the invited" roles={roles} value={role} onChange={setRole} />
          <ActionButton className="button-primary" type="submit" isDisabled={create.isPending}>
            Invite
          </ActionButton>
        </div>
        <p className="row-detail" role="status">
          {create.isSuccess && (
            <>
              {create.data.email} is invited. <InboxLink />
            </>
          )}
        </p>
      </form>
    </>
  );
}
