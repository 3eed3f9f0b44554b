/** The app's settings are wrong. The message says in one line what to add, and is for whoever runs the app. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}
