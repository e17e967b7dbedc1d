/** Whether a message must have SMTPUTF8 (RFC 6531 §3.6): many clients ask for it and then send nothing but ASCII. */
import { Buffer } from "node:buffer";
import type { DeliveryJob } from "#queue/attempt.ts";
import { HEADER_OCTETS_MAX, SLICE_OCTETS } from "./limits.ts";

const END_OF_HEADER = "\r\n\r\n";

/** Rejects when the message cannot be read. */
export async function needsUtf8(job: Pick<DeliveryJob, "mailFrom" | "recipients" | "utf8" | "read">): Promise<boolean> {
  const addresses = [job.mailFrom, ...job.recipients.map(({ address }) => address)];
  if (!addresses.every((address) => /^[\0-\x7f]*$/.test(address))) return true;
  return job.utf8 && hasWideHeader(job);
}

async function hasWideHeader({ read }: Pick<DeliveryJob, "read">): Promise<boolean> {
  let tail = "";
  for (let at = 0; at < HEADER_OCTETS_MAX; ) {
    const octets = await read(at, at + SLICE_OCTETS);
    const text = tail + Buffer.from(octets).toString("latin1");
    const end = text.indexOf(END_OF_HEADER);
    const header = end === -1 ? text : text.slice(0, end);
    if (/[\x80-\xff]/.test(header)) return true;
    if (end !== -1 || octets.length === 0) return false;
    at += octets.length;
    tail = text.slice(-(END_OF_HEADER.length - 1));
  }
  return true; // a header that long is not looked through for its sake
}
