/** The message is the same for a link that is forged, used, replaced or expired, so that nobody learns which. */
export const INVALID_LINK = "This link is invalid, was already used or has expired. Request a new one.";
