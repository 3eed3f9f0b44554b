/** Whether a role of the app can have this name: 2 to 50 letters, digits, "_", ":" and "-". */
export function isAppRoleName(name: string): boolean {
  return /^[A-Za-z\d_:-]{2,50}$/.test(name);
}
