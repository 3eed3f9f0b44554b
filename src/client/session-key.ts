/** The key of React's query for the signed-in user. */
export const sessionKey = ["trpc-userdo", "session"] as const;
