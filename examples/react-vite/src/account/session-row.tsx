import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { flushSync } from "react-dom";
import { ActionButton } from "../action-button.tsx";
import { ErrorMessage } from "../error-message.tsx";
import { useTRPC, type ListedSession } from "../trpc.ts";
import { RenameForm } from "./rename-form.tsx";
import { describeAgo, describeDay } from "./times.ts";

interface SessionRowProps {
  readonly session: ListedSession;
  readonly onChanged: () => Promise<void>;
}

export function SessionRow({ session, onChanged }: SessionRowProps) {
  const trpc = useTRPC();
  const [isRenaming, setRenaming] = useState(false);
  const rename = useRef<HTMLButtonElement>(null);
  const revoke = useMutation(trpc.sessions.revoke.mutationOptions({ onSuccess: onChanged }));
  const device = session.device ?? "Unknown device";
  const name = session.name ?? device;

  function stopRenaming() {
    // Moves the focus back to the button, which is rendered again.
    flushSync(() => setRenaming(false));
    rename.current?.focus();
  }

  return (
    <li className="row" data-leaving={revoke.isPending}>
      {isRenaming ? (
        <RenameForm session={session} onChanged={onChanged} onClose={stopRenaming} />
      ) : (
        <>
          <div className="row-words">
            <p className="row-title">
              {name}
              {session.current && (
                <span className="badge" data-good>
                  This device
                </span>
              )}
            </p>
            <p className="row-detail">
              {session.name !== undefined && `${device} · `}
              {session.current ? "In use now" : `Last seen ${describeAgo(session.lastSeenAt)}`} · signed in{" "}
              {describeDay(session.createdAt)}
            </p>
          </div>
          <button
            className="button-quiet"
            type="button"
            ref={rename}
            aria-label={`Rename ${name}`}
            onClick={() => setRenaming(true)}
          >
            Rename
          </button>
          {!session.current && (
            <ActionButton
              className="button-quiet"
              aria-label={`Sign out ${name}`}
              isDisabled={revoke.isPending}
              onClick={() => revoke.mutate({ id: session.id })}
            >
              Sign out
            </ActionButton>
          )}
        </>
      )}
      <ErrorMessage className="field-error" error={revoke.error} />
    </li>
  );
}
