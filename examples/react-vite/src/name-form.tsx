import { useId, type KeyboardEvent, type SubmitEvent } from "react";
import { textOf } from "./account/account-form.tsx";
import { ActionButton } from "./action-button.tsx";
import { describeError, describeField, type AppError } from "./describe-error.ts";
import { useFocusInvalid } from "./use-focus-invalid.ts";

interface NameFormProps {
  readonly label: string;
  /** The field's name in the procedure's input. */
  readonly field: string;
  readonly placeholder?: string;
  /** The current name. */
  readonly defaultValue?: string | undefined;
  readonly action: string;
  readonly mutation: { readonly isPending: boolean; readonly error: AppError | null };
  readonly onSubmit: (name: string, form: HTMLFormElement) => void;
  /** For a form that was opened to change a name: it takes the focus, and can be closed again. */
  readonly onCancel?: () => void;
}

/** One field and its button, in a line. */
export function NameForm(props: NameFormProps) {
  const { label, field, placeholder, defaultValue, action, mutation, onSubmit, onCancel } = props;
  const form = useFocusInvalid(mutation.error);
  const errorId = useId();
  const error = describeField(mutation.error, field) ?? describeError(mutation.error);

  function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    onSubmit(textOf(new FormData(event.currentTarget), field), event.currentTarget);
  }

  return (
    <form
      className="name-form"
      ref={form}
      onSubmit={submit}
      onKeyDown={(event: KeyboardEvent) => event.key === "Escape" && onCancel?.()}
      noValidate
    >
      <input
        className="input"
        name={field}
        aria-label={label}
        aria-invalid={error !== undefined}
        aria-describedby={error && errorId}
        placeholder={placeholder}
        autoComplete="off"
        autoFocus={onCancel !== undefined}
        defaultValue={defaultValue}
        onFocus={(event) => onCancel && event.currentTarget.select()}
      />
      <ActionButton className="button-quiet" type="submit" isDisabled={mutation.isPending}>
        {action}
      </ActionButton>
      {onCancel && (
        <button className="button-quiet" type="button" onClick={onCancel}>
          Cancel
        </button>
      )}
      {error && (
        <p className="field-error" id={errorId} role="alert">
          {error}
        </p>
      )}
    </form>
  );
}
