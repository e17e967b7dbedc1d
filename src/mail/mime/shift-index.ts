import type { MessageIndex, MimePart } from "./structure.ts";

/**
 * The index of a message into whose header more fields were put, in front of all that it knew: trace fields, which no
 * envelope and no part is made of. What the scanner would say, without another look at the message.
 * @param octets of the new fields.
 */
export function shiftIndex(index: MessageIndex, octets: number): MessageIndex {
  if (octets === 0) return index;
  const root = shiftPart(index.root, octets);
  return { ...index, sizeOctets: index.sizeOctets + octets, root: { ...root, headerStart: index.root.headerStart } };
}

function shiftPart(part: MimePart, octets: number): MimePart {
  const { headerStart, bodyStart, bodyEnd, parts, message } = part;
  return {
    ...part,
    headerStart: headerStart + octets,
    bodyStart: bodyStart + octets,
    bodyEnd: bodyEnd + octets,
    ...(parts === undefined ? {} : { parts: parts.map((child) => shiftPart(child, octets)) }),
    ...(message === undefined ? {} : { message: { ...message, root: shiftPart(message.root, octets) } }),
  };
}
