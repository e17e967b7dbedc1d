import { Buffer } from "node:buffer";
import { request as requestInClear } from "node:http";
import { request } from "node:https";
import { isIP } from "node:net";
import { isPrivateAddress, parseIpAddress } from "#mail/ip-address.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import type { Clock } from "#ports/clock.ts";
import type {
  HttpsClient,
  HttpsPage,
  HttpsPost,
  HttpsPoster,
  HttpsProblem,
  HttpsRequest,
} from "#ports/https-client.ts";
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
const HTTP_PORT = 80;
/** Of the reply's header, in octets. */
const HEADER_OCTETS_MAX = 16 * 1024;

/** A URL of `http:` is asked in clear: who may be asked so is for the caller to say. */
export function createHttpsClient(options: HttpsClientOptions): HttpsClient & HttpsPoster {
  return { get: (wanted) => ask(wanted, options), post: (wanted) => ask(wanted, options) };
}

type Wanted = HttpsRequest & Partial<HttpsPost>;

async function ask(wanted: Wanted, options: HttpsClientOptions): Promise<Result<HttpsPage, HttpsProblem>> {
  const url = new URL(wanted.url);
  const deadlineMs = options.clock.monotonicMs() + wanted.timeoutMs;
  const address = await addressOf(hostOf(url), options.resolver, deadlineMs);
  if (address.kind !== "found") {
    const text = address.kind === "no-address" ? "has no address" : `could not be looked up: ${address.cause}`;
    return failed({ kind: address.kind, text: `${url.hostname} ${text}` });
  }
  const isPrivate = isPrivateAddress(parseIpAddress(address.address) ?? address.address);
  if (wanted.publicOnly === true && isPrivate && options.port === undefined) {
    return failed({ kind: "no-address", text: `${url.hostname} has no public address` });
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
  { timeoutMs, octetsMax, mediaType, octets, accept, authorization }: Wanted,
  { authoritiesPem, port }: HttpsClientOptions,
): Promise<Result<HttpsPage, HttpsProblem>> {
  return new Promise((resolve) => {
    const settle = (outcome: Result<HttpsPage, HttpsProblem>): void => {
      clearTimeout(timer);
      asking.destroy();
      resolve(outcome);
    };
    const isInClear = url.protocol === "http:";
    const asking = (isInClear ? requestInClear : request)({
      host: address,
      port: port ?? Number(url.port || (isInClear ? HTTP_PORT : HTTPS_PORT)),
      path: url.pathname + url.search,
      // RFC 6066 §3: an address is no server name.
      ...(isIP(hostOf(url)) === 0 ? { servername: url.hostname } : {}),
      headers: {
        host: url.host,
        "user-agent": "Postern",
        ...(authorization === undefined ? {} : { authorization }),
        ...(octets === undefined ? {} : { "content-type": mediaType, "content-length": octets.length }),
        ...(accept === undefined ? {} : { accept }),
      },
      method: octets === undefined ? "GET" : "POST",
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
      let received = 0;
      response.on("data", (piece: Buffer) => {
        received += piece.length;
        pieces.push(piece);
        if (received > octetsMax) settle(failed({ kind: "too-large", text: `more than ${octetsMax} octets` }));
      });
      response.on("error", ({ message }) => settle(failed({ kind: "no-connection", text: message })));
      response.on("end", () => {
        const [type = ""] = (response.headers["content-type"] ?? "").split(";");
        const text = Buffer.concat(pieces).toString("utf8");
        settle(ok({ status: response.statusCode ?? 0, mediaType: type.trim().toLowerCase(), text }));
      });
    });
    asking.end(octets);
  });
}

/** Without the brackets of an IPv6 address. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

function isAboutTrust({ code = "" }: NodeJS.ErrnoException): boolean {
  return /CERT|SIGNATURE|SELF_SIGNED|ALTNAME|UNABLE_TO/.test(code);
}
