import { logError } from "./log-error.js";
import type { AppOnError, ErrorReport, OnError } from "./error-report.js";

/**
 * Wraps the app's `onError` so that it never throws, because errors are also reported in transactions and while an object starts.
 * If `onError` throws or rejects, the reported error is logged instead.
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
