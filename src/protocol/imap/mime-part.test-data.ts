/** Messages for tests: octets, and the structure that the MIME scanner would find in them. */
import type { Envelope, MimePart } from "#mail/mime/structure.ts";

export const NO_ENVELOPE: Envelope = {
  date: null,
  subject: null,
  from: null,
  sender: null,
  replyTo: null,
  to: null,
  cc: null,
  bcc: null,
  inReplyTo: null,
  messageId: null,
};

export const PART: MimePart = {
  headerStart: 0,
  bodyStart: 0,
  bodyEnd: 0,
  bodyLines: 0,
  type: "text",
  subtype: "plain",
  parameters: [],
  contentId: null,
  description: null,
  encoding: "7bit",
  md5: null,
  disposition: null,
  language: null,
  location: null,
};

/** Makes a part at the end of the octets so far. */
export type Maker = (octets: { text: string }) => MimePart;

/** A part with a body of its own. `name` says in its octets which it is. */
export function leaf(name: string, properties: Partial<MimePart> = {}): Maker {
  return (octets) =>
    wrap(octets, `X-Name: ${name}`, () => {
      octets.text += `body of ${name}\r\n`;
      return { bodyLines: 1, ...properties };
    });
}

export function multipart(name: string, children: readonly Maker[], properties: Partial<MimePart> = {}): Maker {
  return (octets) =>
    wrap(octets, `X-Name: ${name}`, () => {
      const parts = children.map((child) => {
        octets.text += "\r\n--b\r\n";
        return child(octets);
      });
      octets.text += "\r\n--b--\r\n";
      return { type: "multipart", subtype: "mixed", parts, ...properties };
    });
}

export function message(
  name: string,
  inner: Maker,
  envelope: Envelope = NO_ENVELOPE,
  properties: Partial<MimePart> = {},
): Maker {
  return (octets) =>
    wrap(octets, `X-Name: ${name}`, () => {
      const root = inner(octets);
      return { type: "message", subtype: "rfc822", message: { envelope, root }, ...properties };
    });
}

function wrap(octets: { text: string }, header: string, body: () => Partial<MimePart>): MimePart {
  const headerStart = octets.text.length;
  octets.text += `${header}\r\n\r\n`;
  const bodyStart = octets.text.length;
  const properties = body();
  return { ...PART, headerStart, bodyStart, bodyEnd: octets.text.length, ...properties };
}
