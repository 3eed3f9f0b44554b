import { describeError, type AppError } from "./describe-error.ts";

interface ErrorMessageProps {
  readonly error: AppError | null;
  /** @default "alert", in a separate box */
  readonly className?: string;
}

/** What went wrong, read out at once. Nothing without an error, nor for one that a form tells beside its fields. */
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
