/** Opens the connection to a node that we are paired with: TLS 1.3, our key shown, its key pinned. */
import { Buffer } from "node:buffer";
import { parseIpAddress } from "#mail/ip-address.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import type { Clock } from "#ports/clock.ts";
import type { Dialer } from "#ports/dialer.ts";
import type { Resolver } from "#ports/resolver.ts";
import { CONNECT_MS, FIRST_WORD_MS, LOOKUP_MS } from "./limits.ts";
import { PairLink } from "./pair-link.ts";

/** A node's own key, and what others know it by. */
export interface PairIdentity {
  readonly certificatePem: string;
  readonly keyPem: string;
  /** SHA-256 of the public key, lower-case hexadecimal. */
  readonly fingerprint: string;
}

export interface LinkDependencies {
  readonly identity: PairIdentity;
  readonly dialer: Dialer;
  readonly resolver: Pick<Resolver, "a" | "aaaa">;
  readonly clock: Clock;
}

/** The record by which our dialer pins a key (RFC 7672 §3.1.1): its usage asks for no name, no date and no authority. */
const DANE_EE = 3;
const PUBLIC_KEY = 1;
const SHA256 = 1;
const TLS_1_3 = { min: "TLSv1.3", max: "TLSv1.3" } as const;
const ADDRESSES_MAX = 4;

/** @param place `host:port`. The problem: one line. */
export async function openLink(
  place: string,
  fingerprint: string,
  deps: LinkDependencies,
): Promise<Result<PairLink, string>> {
  const { identity, dialer, clock } = deps;
  const { host, port } = splitPlace(place);
  if (host === "" || !(port > 0 && port <= 65_535)) return failed(`${place} is no host and port`);
  const problems: string[] = [];
  for (const address of await addressesOf(host, deps)) {
    const dialled = await dialer.dial({ to: { address, port }, timeoutMs: CONNECT_MS });
    if (!dialled.ok) {
      problems.push(`${address}:${port} was not reached (${dialled.problem.code})`);
      continue;
    }
    const connection = dialled.value;
    const data = Buffer.from(fingerprint, "hex");
    const secured = await connection.startTls({
      serverName: host,
      trust: {
        kind: "dane",
        records: [{ usage: DANE_EE, selector: PUBLIC_KEY, matchingType: SHA256, data }],
        names: [],
      },
      versions: TLS_1_3,
      identity: { certificatePem: identity.certificatePem, keyPem: identity.keyPem },
      timeoutMs: FIRST_WORD_MS,
    });
    if (secured.ok) return ok(new PairLink(connection, clock));
    problems.push(
      secured.problem.kind === "tlsa-invalid"
        ? `${address}:${port} has another key than the one we were told`
        : `${address}:${port} does not speak to us (${secured.problem.code})`,
    );
  }
  return failed(problems.length === 0 ? `${host} has no address` : problems.join(", "));
}

/** The last colon divides, unless the host stands in brackets. */
export function splitPlace(place: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(place) ?? [];
  return { host: bracketed ?? plain ?? "", port: Number(port ?? 0) };
}

export function formatPlace(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

async function addressesOf(host: string, { resolver, clock }: LinkDependencies): Promise<readonly string[]> {
  if (parseIpAddress(host) !== undefined) return [host];
  // RFC 6761 §6.3: it is never asked for.
  if (host === "localhost") return ["127.0.0.1", "::1"];
  const options = { deadlineMs: clock.monotonicMs() + LOOKUP_MS };
  const answers = await Promise.all([resolver.aaaa(host, options), resolver.a(host, options)]);
  return answers.flatMap((answer) => (answer.kind === "records" ? answer.records : [])).slice(0, ADDRESSES_MAX);
}
