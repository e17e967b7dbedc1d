/** Finds the hosts and addresses that a message names, in all its parts, whatever they are encoded in. */
import { parameterValue } from "#mail/header/parameters.ts";
import { scanMessage } from "#mail/mime/scanner.ts";
import type { MessageIndex, MimePart } from "#mail/mime/structure.ts";
import { decodeCharset } from "#mail/text/charset.ts";
import { decodeEncodedWords } from "#mail/text/encoded-words.ts";
import { decodeTransfer } from "#mail/text/transfer-encoding.ts";
import { noPause, type Pause } from "#ports/pause.ts";
import { type MessageOctets, octetsInMemory } from "../content/message-octets.ts";
import { CollectedLinks } from "./collected-links.ts";
import type { Disguise, LinkSource, UrlEvidence } from "./evidence.ts";
import {
  ENCODED_MESSAGES_DEPTH_MAX,
  MESSAGE_OCTETS_MAX,
  PART_OCTETS_MAX,
  PARTS_READ_MAX,
  READ_IN_ONE_GO_MAX,
} from "./limits.ts";
import { type HtmlContent, readHtmlInSteps } from "./read-html.ts";
import { type ReadablePart, readableParts } from "./readable-parts.ts";
import { type Mention, mentionsInSteps } from "./text-mentions.ts";

/** Rejects only with the error of `octets`. */
export async function extractUrls(
  index: MessageIndex,
  octets: MessageOctets,
  pause: Pause = noPause,
): Promise<UrlEvidence> {
  const extraction = new Extraction(pause);
  await extraction.message(index, octets, "", 0);
  return extraction.links.evidence();
}

class Extraction {
  readonly links = new CollectedLinks();
  #octetsLeft = MESSAGE_OCTETS_MAX;
  #partsLeft = PARTS_READ_MAX;
  /** Links and words read since others had their turn. */
  #inOneGo = 0;
  readonly #pause: Pause;

  constructor(pause: Pause) {
    this.#pause = pause;
  }

  async message(
    message: Pick<MessageIndex, "envelope" | "root">,
    octets: MessageOctets,
    prefix: string,
    depth: number,
  ): Promise<void> {
    for (const part of readableParts(message, prefix)) {
      if (this.#partsLeft-- <= 0) this.links.leaveOut({ parts: 1 });
      else if (part.kind === "subject") await this.#text(decodeEncodedWords(part.text), "subject", part.part);
      else await this.#part(part, octets, depth);
    }
  }

  async #part(part: Exclude<ReadablePart, { kind: "subject" }>, octets: MessageOctets, depth: number): Promise<void> {
    const { bodyStart, bodyEnd, encoding } = part.mime;
    const wanted = Math.min(bodyEnd - bodyStart, PART_OCTETS_MAX, this.#octetsLeft);
    if (bodyEnd - bodyStart > wanted) this.links.leaveOut({ octets: bodyEnd - bodyStart - wanted });
    if (wanted <= 0) return;
    this.#octetsLeft -= wanted;
    const decoded = decodeTransfer(await octets.read(bodyStart, bodyStart + wanted), encoding);
    if (part.kind === "encoded-message") {
      if (depth >= ENCODED_MESSAGES_DEPTH_MAX) return;
      return this.message(scanMessage(decoded), octetsInMemory(decoded), part.part, depth + 1);
    }
    const text = decodeCharset(decoded, parameterValue(part.mime.parameters, "charset") ?? "");
    if (part.kind === "html") await this.#html(text, part.part);
    else await this.#text(unfolded(text, part), "text", part.part);
  }

  async #html(html: string, part: string): Promise<void> {
    const { links, anchors, text, scripts } = await this.#read(html);
    for (const { raw, value, source, hasEntities } of links) {
      const disguises: readonly Disguise[] = hasEntities ? ["entities"] : [];
      this.links.link({ raw, link: value, source, part, disguises });
      if (this.#isEnoughInOneGo()) await this.#pause();
    }
    for (const { shown, href } of anchors) {
      this.links.anchor(shown, href, part);
      if (this.#isEnoughInOneGo()) await this.#pause();
    }
    await this.#text(text, "visible-text", part);
    for (const script of scripts) await this.#text(script, "script", part);
  }

  async #read(html: string): Promise<HtmlContent> {
    const steps = readHtmlInSteps(html);
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) return value;
      await this.#pause();
    }
  }

  #isEnoughInOneGo(): boolean {
    this.#inOneGo = (this.#inOneGo + 1) % READ_IN_ONE_GO_MAX;
    return this.#inOneGo === 0;
  }

  async #text(text: string, source: LinkSource, part: string): Promise<void> {
    const steps = mentionsInSteps(text, this.links.effort, (mention) => {
      // Names in a program are names of the program.
      if (source === "script" && !/^[a-z]+:/i.test(mention.raw)) return;
      if (mention.kind === "address") this.links.address(mention.meant, { source, part });
      else this.links.link({ raw: mention.raw, link: mention.meant, source, part, disguises: disguisesOf(mention) });
    });
    for (const _ of steps) if (this.#isEnoughInOneGo()) await this.#pause();
  }
}

function disguisesOf({ isDefanged, hasInvisible }: Mention): readonly Disguise[] {
  const disguises: Disguise[] = [];
  if (isDefanged) disguises.push("defanged");
  if (hasInvisible) disguises.push("invisible-characters");
  return disguises;
}

/** Lines that go on are one, where the part's format says so. */
function unfolded(text: string, { kind, mime }: { readonly kind: string; readonly mime: MimePart }): string {
  if (kind === "folded") return text.replace(/\r?\n[ \t]/g, "");
  const isFlowed = parameterValue(mime.parameters, "delsp")?.toLowerCase() === "yes";
  // RFC 3676 §4.2: with DelSp the space in front of a soft line break is not of the text.
  return isFlowed ? text.replace(/(?<!-- ) \r?\n(?:>{0,20} ?)/g, "") : text;
}
