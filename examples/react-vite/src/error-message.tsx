import { describeError, type AppError } from "./describe-error.ts";

interface ErrorMessageProps {
  readonly error: AppError | null;
  /** @default "alert", in a separate box */
  readonly className?: string;
}

/** Announces an error. Renders nothing without one, and for an error that a form shows beside its fields. */
export function ErrorMessage({ error, className = "alert" }: ErrorMessageProps) {
  const message = describeError(error);
  return (
    message && (
      <p className={className} role="alert">
        {message}
      </p>
    )
  );
}
