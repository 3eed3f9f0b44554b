/** Whether the Worker runs in development: the variable `DEV` is `"true"`. */
export function isDevelopment(env: object): boolean {
  return (env as { readonly DEV?: unknown }).DEV === "true";
}
