import { useMutation } from "@tanstack/react-query";
import type { KeyboardEvent, SubmitEvent } from "react";
import { describeError, describeField } from "../describe-error.ts";
import { useTRPC } from "../trpc.ts";
import { textOf } from "./account-form.tsx";
import type { ListedSession } from "./session-row.tsx";

interface RenameFormProps {
  readonly session: ListedSession;
  readonly onChanged: () => Promise<void>;
  readonly onClose: () => void;
}

export function RenameForm({ session: { id, name, device }, onChanged, onClose }: RenameFormProps) {
  const trpc = useTRPC();
  const rename = useMutation(
    trpc.sessions.rename.mutationOptions({
      async onSuccess() {
        await onChanged();
        onClose();
      },
    }),
  );
  const error = describeField(rename.error, "name") ?? describeError(rename.error);
  const errorId = `${id}-error`;

  function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    rename.mutate({ id, name: textOf(new FormData(event.currentTarget), "name") });
  }

  return (
    <form
      className="rename"
      onSubmit={submit}
      onKeyDown={(event: KeyboardEvent) => event.key === "Escape" && onClose()}
      noValidate
    >
      <input
        className="input"
        name="name"
        aria-label="Name of the device"
        aria-invalid={error !== undefined}
        aria-describedby={error && errorId}
        autoComplete="off"
        autoFocus
        defaultValue={name ?? device}
        onFocus={(event) => event.currentTarget.select()}
      />
      <button className="button-quiet" type="submit" disabled={rename.isPending}>
        Save
      </button>
      <button className="button-quiet" type="button" onClick={onClose}>
        Cancel
      </button>
      {error && (
        <p className="field-error" id={errorId} role="alert">
          {error}
        </p>
      )}
    </form>
  );
}
