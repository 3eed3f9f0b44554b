/** Whether an environment is one of development: its variable `DEV` is `"true"`. */
export function isDevelopment(env: object): boolean {
  return (env as { readonly DEV?: unknown }).DEV === "true";
}
