/** The URL parameter of a socket with the user that the page opens it for. */
export const USER_PARAMETER = "user";
