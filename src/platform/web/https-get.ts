import { request } from "node:https";
import { isIP } from "node:net";
import { failed, ok, type Result } from "#mail/result.ts";
import type { Clock } from "#ports/clock.ts";
import type { HttpsClient, HttpsPage, HttpsProblem, HttpsRequest } from "#ports/https-client.ts";
import type { Resolver } from "#ports/resolver.ts";

export interface HttpsClientOptions {
  /** Names are asked for here, not at the system's resolver. */
  readonly resolver: Resolver;
  readonly clock: Clock;
  /** In PEM; absent: those the system trusts. */
  readonly authoritiesPem?: string;
  /** In place of 443; for tests. */
  readonly port?: number;
}

const HTTPS_PORT = 443;
/** Of the reply's header, in octets. */
const HEADER_OCTETS_MAX = 16 * 1024;

export function createHttpsClient(options: HttpsClientOptions): HttpsClient {
  return { get: (wanted) => get(wanted, options) };
}

async function get(wanted: HttpsRequest, options: HttpsClientOptions): Promise<Result<HttpsPage, HttpsProblem>> {
  const url = new URL(wanted.url);
  const deadlineMs = options.clock.monotonicMs() + wanted.timeoutMs;
  const address = await addressOf(url.hostname, options.resolver, deadlineMs);
  if (address.kind !== "found") {
    const text = address.kind === "no-address" ? "has no address" : `could not be looked up: ${address.cause}`;
    return failed({ kind: address.kind, text: `${url.hostname} ${text}` });
  }
  const leftMs = deadlineMs - options.clock.monotonicMs();
  return fetchFrom(address.address, url, { ...wanted, timeoutMs: leftMs }, options);
}

type FoundAddress =
  | { readonly kind: "found"; readonly address: string }
  | { readonly kind: "no-address" }
  | { readonly kind: "not-looked-up"; readonly cause: string };

async function addressOf(name: string, resolver: Resolver, deadlineMs: number): Promise<FoundAddress> {
  if (isIP(name) !== 0) return { kind: "found", address: name };
  const [four, six] = await Promise.all([resolver.a(name, { deadlineMs }), resolver.aaaa(name, { deadlineMs })]);
  const [address] = [four, six].flatMap((answer) => (answer.kind === "records" ? answer.records : []));
  if (address !== undefined) return { kind: "found", address };
  const unasked = [four, six].find((answer) => answer.kind === "unavailable");
  return unasked?.kind === "unavailable" ? { kind: "not-looked-up", cause: unasked.cause } : { kind: "no-address" };
}

function fetchFrom(
  address: string,
  url: URL,
  { timeoutMs, octetsMax }: HttpsRequest,
  { authoritiesPem, port = HTTPS_PORT }: HttpsClientOptions,
): Promise<Result<HttpsPage, HttpsProblem>> {
  return new Promise((resolve) => {
    const settle = (outcome: Result<HttpsPage, HttpsProblem>): void => {
      clearTimeout(timer);
      asking.destroy();
      resolve(outcome);
    };
    const asking = request({
      host: address,
      port,
      path: url.pathname,
      servername: url.hostname,
      headers: { host: url.host, "user-agent": "Postern" },
      minVersion: "TLSv1.2",
      maxHeaderSize: HEADER_OCTETS_MAX,
      agent: false,
      ...(authoritiesPem === undefined ? {} : { ca: authoritiesPem }),
    });
    const timer = setTimeout(() => settle(failed({ kind: "timed-out", text: "no answer in time" })), timeoutMs);
    asking.on("error", (error: NodeJS.ErrnoException) => {
      settle(
        failed({ kind: isAboutTrust(error) ? "not-trusted" : "no-connection", text: error.code ?? error.message }),
      );
    });
    asking.on("response", (response) => {
      const pieces: Buffer[] = [];
      let octets = 0;
      response.on("data", (piece: Buffer) => {
        octets += piece.length;
        pieces.push(piece);
        if (octets > octetsMax) settle(failed({ kind: "too-large", text: `more than ${octetsMax} octets` }));
      });
      response.on("error", ({ message }) => settle(failed({ kind: "no-connection", text: message })));
      response.on("end", () => {
        const [mediaType = ""] = (response.headers["content-type"] ?? "").split(";");
        const text = Buffer.concat(pieces).toString("utf8");
        settle(ok({ status: response.statusCode ?? 0, mediaType: mediaType.trim().toLowerCase(), text }));
      });
    });
    asking.end();
  });
}

function isAboutTrust({ code = "" }: NodeJS.ErrnoException): boolean {
  return /CERT|SIGNATURE|SELF_SIGNED|ALTNAME|UNABLE_TO/.test(code);
}
