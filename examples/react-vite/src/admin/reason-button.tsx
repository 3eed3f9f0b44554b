import { useState } from "react";
import { ActionButton, type ActionButtonProps } from "../action-button.tsx";
import { ReasonDialog, type ReasonDialogProps } from "./reason-dialog.tsx";

interface ReasonButtonProps
  extends Omit<ActionButtonProps, "onClick" | "children">, Omit<ReasonDialogProps, "onClose" | "children" | "action"> {
  /** The text of the button, and of the one in the dialog. */
  readonly action: string;
  /** Further fields of the dialog. */
  readonly fields?: ReasonDialogProps["children"];
}

/** A button for an action of an operator: it asks for the reason first. */
export function ReasonButton({
  question,
  explanation,
  action,
  danger = false,
  fields,
  onConfirm,
  ...button
}: ReasonButtonProps) {
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      {isAsking && (
        <ReasonDialog
          question={question}
          explanation={explanation}
          action={action}
          danger={danger}
          onConfirm={onConfirm}
          onClose={() => setAsking(false)}
        >
          {fields}
        </ReasonDialog>
      )}
      <ActionButton
        className={danger ? "button-danger" : "button-quiet"}
        {...button}
        aria-haspopup="dialog"
        onClick={() => setAsking(true)}
      >
        {action}
      </ActionButton>
    </>
  );
}
