import type { Service } from "../facts/talk.ts";

/** `192.0.2.1:587 (SMTP)` */
export function nameOf({ protocol, address, port }: Service): string {
  const host = address.includes(":") ? `[${address}]` : address;
  return `${host}:${port} (${protocol.toUpperCase()})`;
}
