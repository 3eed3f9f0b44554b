import { errorReason } from "trpc-userdo/client";
import { describeError, describeField, type AppError } from "../describe-error.ts";
import { Field } from "../field.tsx";

interface CurrentPasswordFieldProps {
  /** @default "Your password" */
  readonly label?: string;
  /**
   * The field's name in the procedure's input.
   *
   * @default "password"
   */
  readonly name?: string;
  readonly error: AppError | null;
}

/** The signed-in user's password, entered again. A wrong one is reported beside it. */
export function CurrentPasswordField({ label = "Your password", name = "password", error }: CurrentPasswordFieldProps) {
  return (
    <Field
      label={label}
      name={name}
      type="password"
      autoComplete="current-password"
      error={describeField(error, name) ?? (isWrongPassword(error) ? describeError(error) : undefined)}
    />
  );
}

/** Whether a call failed because of its password. */
export function isWrongPassword(error: AppError | null): boolean {
  return errorReason(error) === "WRONG_PASSWORD";
}
