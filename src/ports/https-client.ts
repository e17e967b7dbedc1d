import type { Result } from "#mail/result.ts";

/** Reads a page over HTTPS whose server shows a certificate of a known authority for its name. */
export interface HttpsClient {
  /** Never rejects, and follows no redirection. */
  get(request: HttpsRequest): Promise<Result<HttpsPage, HttpsProblem>>;
}

/** Hands something in over HTTPS, on the same terms. */
export interface HttpsPoster {
  /** Never rejects, and follows no redirection. */
  post(request: HttpsPost): Promise<Result<HttpsPage, HttpsProblem>>;
}

export interface HttpsPost extends HttpsRequest {
  readonly mediaType: string;
  readonly octets: Uint8Array;
  /** The header field's value. */
  readonly authorization?: string;
  /** Media type of the wanted answer. */
  readonly accept?: string;
}

export interface HttpsRequest {
  readonly url: string;
  /** For all of it, the look-up of the name included. */
  readonly timeoutMs: number;
  /** A longer page is a problem. */
  readonly octetsMax: number;
  /** The URL is a stranger's word and must not lead into our own network: a private address is `no-address`. */
  readonly publicOnly?: true;
}

export interface HttpsPage {
  readonly status: number;
  /** In lower case, without parameters. */
  readonly mediaType: string;
  /** UTF-8. */
  readonly text: string;
}

/** `text` is for people. */
export interface HttpsProblem {
  /** `not-looked-up`: the name could not be asked for, so nothing is known of it. */
  readonly kind: "no-address" | "not-looked-up" | "no-connection" | "not-trusted" | "too-large" | "timed-out";
  readonly text: string;
}
