/** TLS in `postern status`: which certificates are served, what fails in handshakes, and who uses an old version. */
import type { ServedCertificate } from "#certificates/expiry.ts";
import type { TlsReport } from "#threads/tls-figures.ts";
import { labelled } from "#verdict/page.ts";
import { counted, day } from "./wording.ts";

/** JSON: it travels over the control socket. */
export interface TlsStatus extends TlsReport {
  readonly certificates: readonly {
    readonly names: readonly string[];
    readonly keyType: string;
    readonly validToMs: number;
    readonly file: string;
  }[];
  /** As clients saw them last. */
  readonly served: readonly ServedCertificate[];
  /** By account id. */
  readonly accounts: Readonly<Record<string, string>>;
}

/** Accounts that are named; `--json` has all. */
const NAMED_MAX = 10;
/** Names of a certificate that are shown. */
const NAMES_MAX = 4;

export function tlsLines(tls: TlsStatus): readonly string[] {
  return [...tls.certificates.map(certificateLine), ...failureLines(tls), ...loginLines(tls)].flatMap(toColumns);
}

/** What stands before the first value of `status`. */
const LABEL_WIDTH = 11;

function toColumns(line: string): readonly string[] {
  return labelled(line.slice(0, LABEL_WIDTH).trim(), line.slice(LABEL_WIDTH), LABEL_WIDTH);
}

function certificateLine({ names, keyType, validToMs }: TlsStatus["certificates"][number]): string {
  const more = names.length > NAMES_MAX ? `, ${names.length - NAMES_MAX} more` : "";
  return `TLS        ${keyType} for ${names.slice(0, NAMES_MAX).join(", ")}${more}, valid until ${day(validToMs)}`;
}

function failureLines({ handshakesFailed }: TlsStatus): readonly string[] {
  const byListener = Map.groupBy(handshakesFailed, ({ listener }) => listener);
  return [...byListener].map(([listener, failures]) => {
    const reasons = failures.map(({ failure, count }) => `${count} ${failure}`).join(", ");
    return `           ${listener}: handshakes failed: ${reasons}`;
  });
}

/** Who would be shut out by a newer oldest version. */
function loginLines({ logins, accounts }: TlsStatus): readonly string[] {
  const versions = Map.groupBy(logins, ({ version }) => version);
  return [...versions.keys()]
    .filter((version) => version !== "TLSv1.3")
    .toSorted()
    .map((version) => {
      const who = (versions.get(version) ?? []).map(({ accountId }) => accounts[accountId] ?? `account ${accountId}`);
      const named = who.slice(0, NAMED_MAX).join(", ");
      const more = who.length > NAMED_MAX ? `, ${who.length - NAMED_MAX} more` : "";
      return `           ${counted(who.length, "account")} logged in with ${version} in 30 days: ${named}${more}`;
    });
}
