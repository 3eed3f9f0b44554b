import { useId, type ReactNode, type SubmitEvent } from "react";
import { ActionButton } from "../action-button.tsx";
import { describeError, type AppError } from "../describe-error.ts";
import { useFocusInvalid } from "../use-focus-invalid.ts";

interface AccountFormProps {
  /** The form's fields. */
  readonly children?: ReactNode;
  /** The button's text. */
  readonly action: string;
  readonly mutation: { readonly isPending: boolean; readonly error: AppError | null };
  /** The message after a success. */
  readonly done?: ReactNode;
  /** Whether a field shows the error. @default false */
  readonly isShownBeside?: boolean;
  readonly danger?: boolean;
  readonly onSubmit: (fields: FormData, form: HTMLFormElement) => void;
}

/** A form with one button. It announces an error, and moves the focus to the first invalid field. */
export function AccountForm(props: AccountFormProps) {
  const { children, action, mutation, done, isShownBeside = false, danger = false, onSubmit } = props;
  const { isPending, error } = mutation;
  const form = useFocusInvalid(error);
  const id = useId();
  const message = isShownBeside ? undefined : describeError(error);

  function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    onSubmit(new FormData(event.currentTarget), event.currentTarget);
  }

  return (
    <form className="account-form" ref={form} onSubmit={submit} aria-describedby={id} noValidate>
      {children}
      <div className="account-form-messages" id={id}>
        {message && (
          <p className="alert" role="alert">
            {message}
          </p>
        )}
        <div role="status">{done && !isPending && !error && <p className="notice">{done}</p>}</div>
      </div>
      <ActionButton className={danger ? "button-danger" : "button-primary"} type="submit" isDisabled={isPending}>
        {isPending ? "One moment…" : action}
      </ActionButton>
    </form>
  );
}

/** The value of a form's field, as text. */
export function textOf(fields: FormData, name: string): string {
  const value = fields.get(name);
  return typeof value === "string" ? value : "";
}
