/** The URL parameter of a socket with the user for whom the page opens it. */
export const USER_PARAMETER = "user";

/** The URL parameter of a socket to the app's object. It has no value. */
export const APP_PARAMETER = "app";

/** The URL parameter of a socket with the ticket that authenticates it. */
export const TICKET_PARAMETER = "ticket";
