/** Discards mail. Without a mail hook each sign-up's verification mail becomes a dead letter and an error in the log. */
export const noMail = { mail: () => Promise.resolve(), appUrl: "https://app.example.com" };
