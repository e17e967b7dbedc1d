/** Fields that are believed because the server at the end of the way writes them: from anybody else they are lies. */
import { withoutComments } from "./comment.ts";

/** Octets of an Authentication-Results or Received-SPF field that are read to find whose it is. */
export const AUTHSERV_ID_OCTETS_MAX = 1024;

/**
 * RFC 5321 §4.4, RFC 8601 §5; Received-SPF with our name as the receiver's likewise.
 * @param name lower-case.
 * @param value at least its first AUTHSERV_ID_OCTETS_MAX octets; asked for where the name alone does not tell.
 */
export function isReservedField(name: string, value: () => string, hostname: string): boolean {
  if (name === "return-path" || name.startsWith("x-spam-") || name.startsWith("x-postern-")) return true;
  if (name === "received-spf") return receiverOf(value()) === hostname.toLowerCase();
  if (name !== "authentication-results") return false;
  const [authservId = ""] = withoutComments(value())
    .trim()
    .replaceAll('"', "")
    .split(/[;\s/]/);
  return authservId.toLowerCase() === hostname.toLowerCase();
}

/** Who says it of itself that it looked (RFC 7208 §9.1); undefined where nobody does. */
function receiverOf(value: string): string | undefined {
  return /(?:^|[\s;])receiver\s*=\s*"?([^\s;"]+)/i.exec(withoutComments(value))?.[1]?.toLowerCase();
}
