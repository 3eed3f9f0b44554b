import { useId, type ReactNode, type SubmitEvent } from "react";
import { textOf } from "../account/account-form.tsx";
import { useModal } from "../use-modal.ts";

export interface ReasonDialogProps {
  readonly question: string;
  /** The consequence, in a sentence. */
  readonly explanation: string;
  /** The text of the button that confirms. */
  readonly action: string;
  readonly danger?: boolean;
  /** Further fields of the form. */
  readonly children?: ReactNode;
  readonly onConfirm: (reason: string, fields: FormData) => void;
  readonly onClose: () => void;
}

/** Asks for the reason of an action, which the audit log stores. */
export function ReasonDialog(props: ReasonDialogProps) {
  const { question, explanation, action, danger = false, children, onConfirm, onClose } = props;
  const dialog = useModal();
  const id = useId();

  function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    dialog.current?.close();
    onConfirm(textOf(fields, "reason").trim(), fields);
  }

  return (
    <dialog
      className="dialog"
      ref={dialog}
      aria-labelledby={id}
      aria-describedby={`${id}-explanation`}
      // In StrictMode, React closes and opens it once when it mounts.
      onClose={({ currentTarget }) => currentTarget.open || onClose()}
    >
      <form onSubmit={submit}>
        <h2 id={id}>{question}</h2>
        <p id={`${id}-explanation`}>{explanation}</p>
        {children}
        <div className="field">
          <label htmlFor={`${id}-reason`}>Reason</label>
          {/* The browser's own message says that it is missing: a space is no reason. */}
          <input
            id={`${id}-reason`}
            name="reason"
            required
            pattern=".*\S.*"
            maxLength={500}
            autoComplete="off"
            autoFocus
          />
        </div>
        <div className="dialog-actions">
          <button className="button-quiet" type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button className={danger ? "button-danger" : "button-primary"} type="submit">
            {action}
          </button>
        </div>
      </form>
    </dialog>
  );
}
