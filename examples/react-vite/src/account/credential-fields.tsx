import { describeField, type AppError } from "../describe-error.ts";
import { Field } from "../field.tsx";

interface CredentialFieldsProps {
  readonly error: AppError | null;
  /** Whether the password is a new one. */
  readonly isNew?: boolean;
  readonly autoFocus?: boolean;
}

/** The fields `email` and `password` of a sign-up or a sign-in. */
export function CredentialFields({ error, isNew = false, autoFocus = false }: CredentialFieldsProps) {
  return (
    <>
      <Field
        label="Email"
        name="email"
        type="email"
        autoComplete="username"
        error={describeField(error, "email")}
        autoFocus={autoFocus}
      />
      <Field
        label="Password"
        name="password"
        type="password"
        autoComplete={isNew ? "new-password" : "current-password"}
        error={describeField(error, "password")}
      />
    </>
  );
}
