import { logError } from "./log-error.js";
import type { AppOnError, ErrorReport, OnError } from "./error-report.js";

/**
 * The app's `onError` as a function that never throws: errors are also reported in transactions and while an object starts. If
 * `onError` throws or rejects, the error that it was given is logged instead.
 */
export function createErrorReporter(onError: AppOnError = logError): OnError {
  return (report: ErrorReport) => {
    try {
      const reported = onError(report);
      if (reported instanceof Promise) reported.catch(() => logError(report));
    } catch {
      logError(report);
    }
  };
}
