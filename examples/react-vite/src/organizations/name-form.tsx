import { useId, type SubmitEvent } from "react";
import { describeError, type AppError } from "../describe-error.ts";
import { textOf } from "../account/account-form.tsx";

interface NameFormProps {
  readonly label: string;
  readonly placeholder: string;
  readonly action: string;
  readonly mutation: { readonly isPending: boolean; readonly error: AppError | null };
  /** What is wrong with the name, if that is what is wrong. */
  readonly besideField: string | undefined;
  readonly onSubmit: (name: string, form: HTMLFormElement) => void;
}

/** One field and its button, in a line. */
export function NameForm({ label, placeholder, action, mutation, besideField, onSubmit }: NameFormProps) {
  const errorId = useId();
  const error = besideField ?? describeError(mutation.error);

  function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    onSubmit(textOf(new FormData(event.currentTarget), "name"), event.currentTarget);
  }

  return (
    <form className="rename" onSubmit={submit} noValidate>
      <input
        className="input"
        name="name"
        aria-label={label}
        aria-invalid={error !== undefined}
        aria-describedby={error && errorId}
        placeholder={placeholder}
        autoComplete="off"
      />
      <button className="button-quiet" type="submit" disabled={mutation.isPending}>
        {action}
      </button>
      {error && (
        <p className="field-error" id={errorId} role="alert">
          {error}
        </p>
      )}
    </form>
  );
}
