/** A setting of the app is wrong. The message says in one line what to add, for the developer who runs the app. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  readonly reason = "CONFIGURATION_INVALID";
}

/** Whether an error is a {@link ConfigurationError}. RPC keeps the name and the fields of an error, but not its class. */
export function isConfigurationError(error: unknown): error is ConfigurationError {
  if (error instanceof ConfigurationError) return true;
  if (!(error instanceof Error) || error.name !== "ConfigurationError") return false;
  return "reason" in error && error.reason === "CONFIGURATION_INVALID";
}
