/** One and the same for a link that is made up, used, replaced or too old. */
export const INVALID_LINK = "This link is not valid, or not any more: it works once, for a while. Ask for a new one.";
