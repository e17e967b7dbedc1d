import type { Result } from "#mail/result.ts";

/** Reads a page over HTTPS whose server shows a certificate of a known authority for its name. */
export interface HttpsClient {
  /** Never rejects, and follows no redirection. */
  get(request: HttpsRequest): Promise<Result<HttpsPage, HttpsProblem>>;
}

/** Asks by a form. */
export interface HttpsForms {
  /** Never rejects, and follows no redirection. */
  post(request: HttpsForm): Promise<Result<HttpsPage, HttpsProblem>>;
}

export interface HttpsForm extends HttpsRequest {
  /** `application/x-www-form-urlencoded` (RFC 6749 appendix B). */
  readonly form: string;
  /** The header field's value. */
  readonly authorization: string;
}

export interface HttpsRequest {
  readonly url: string;
  /** For all of it, the look-up of the name included. */
  readonly timeoutMs: number;
  /** A longer page is a problem. */
  readonly octetsMax: number;
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
