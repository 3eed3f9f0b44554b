/** The request of a sign-up, as far as it helps to choose where the user's data is stored. */
export interface SignUpRequest {
  /** The host of the URL. */
  readonly hostname: string;
  /**
   * The properties of `request.cf` about the client's place. All are missing if the request did not pass Cloudflare's network.
   *
   * @see https://developers.cloudflare.com/workers/runtime-apis/request/#incomingrequestcfproperties
   */
  readonly cf: {
    /** Two letters, such as `"DE"`. */
    readonly country?: string;
    /** Two letters, such as `"EU"`, which is the continent and not the union. */
    readonly continent?: string;
    /** `"1"` if the country is in the European Union. */
    readonly isEUCountry?: "1";
    readonly regionCode?: string;
    /** The data center that received the request, such as `"FRA"`. */
    readonly colo?: string;
  };
}
