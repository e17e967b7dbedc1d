/** Finds the part of a message that is a report, by its structure alone: most mail is told apart without reading an octet. */
import { parameterValue } from "../header/parameters.ts";
import type { MessageIndex, MimePart } from "../mime/structure.ts";
import { looksLikeBounce } from "./delivery-status.ts";

export interface ReportPart {
  readonly form: "delivery-status" | "feedback" | "dmarc" | "tls" | "bounce-text";
  readonly part: MimePart;
}

/** Parts that are looked at; a report has three. */
const PARTS_LOOKED_AT = 20;

/** @param mailFrom empty for `<>`. Undefined: no report. */
export function findReportPart(
  { root, envelope }: Pick<MessageIndex, "root" | "envelope">,
  mailFrom: string,
): ReportPart | undefined {
  const parts = [...leaves(root)].slice(0, PARTS_LOOKED_AT);
  for (const part of parts) {
    const form = formOf(part);
    if (form !== undefined) return { form, part };
  }
  const author = envelope.from?.[0]?.mailbox ?? "";
  if (!looksLikeBounce({ mailFrom, authorLocalPart: author, subject: envelope.subject ?? "" })) return undefined;
  const text = parts.find(({ type, subtype }) => type === "text" && subtype === "plain");
  return text === undefined ? undefined : { form: "bounce-text", part: text };
}

/** Without those of attached messages: a report that somebody passes on is not one about us. */
function* leaves(part: MimePart): Generator<MimePart> {
  if (part.parts === undefined) yield part;
  else for (const child of part.parts) yield* leaves(child);
}

const FORMS: Readonly<Record<string, ReportPart["form"]>> = {
  "message/delivery-status": "delivery-status",
  "message/global-delivery-status": "delivery-status",
  "message/feedback-report": "feedback",
  "application/tlsrpt+gzip": "tls",
  "application/tlsrpt+json": "tls",
};
/** Under which reports come beside the types that the standards name. */
const PACKED =
  /^(?:application\/(?:gzip|x-gzip|zip|x-zip|x-zip-compressed|octet-stream|json|xml|x-gzip-compressed)|text\/xml)$/;
/** `receiver!policy-domain!begin!end[!id].xml.gz` (RFC 9990 §3.5.2, RFC 8460 §5.3). */
const FILE_NAME = /^[^!]{1,255}![^!]{1,255}!\d{1,15}!\d{1,15}(?:![^!]{1,255})?\.(xml|json)?(?:\.?(?:gz|gzip|zip))?$/i;

function formOf(part: MimePart): ReportPart["form"] | undefined {
  const type = `${part.type}/${part.subtype}`;
  const form = FORMS[type];
  if (form !== undefined || !PACKED.test(type)) return form;
  const name = FILE_NAME.exec(fileName(part));
  if (name === null) return undefined;
  return name[1]?.toLowerCase() === "json" ? "tls" : "dmarc";
}

function fileName({ disposition, parameters }: MimePart): string {
  const name = parameterValue(disposition?.parameters ?? [], "filename") ?? parameterValue(parameters, "name");
  return (name ?? "").trim();
}
