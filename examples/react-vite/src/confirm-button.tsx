import { useState } from "react";
import { ActionButton, type ActionButtonProps } from "./action-button.tsx";
import { ConfirmDialog, type ConfirmDialogProps } from "./confirm-dialog.tsx";

interface ConfirmButtonProps
  extends Omit<ActionButtonProps, "onClick">, Pick<ConfirmDialogProps, "question" | "explanation" | "action"> {
  readonly onConfirm: () => void;
}

/** A button for an action that cannot be undone: it asks first. */
export function ConfirmButton({ question, explanation, action, onConfirm, ...button }: ConfirmButtonProps) {
  const [isAsking, setAsking] = useState(false);

  function close(isConfirmed: boolean): void {
    setAsking(false);
    if (isConfirmed) onConfirm();
  }

  return (
    <>
      {/* Before the button: if both disappear, the dialog restores the focus to the button, and the button moves it to its section. */}
      {isAsking && <ConfirmDialog question={question} explanation={explanation} action={action} onAnswer={close} />}
      <ActionButton {...button} aria-haspopup="dialog" onClick={() => setAsking(true)} />
    </>
  );
}
