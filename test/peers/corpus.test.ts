/** What becomes of other people's messages: nothing that people wrote to be read is refused, but for the exceptions here. */
import assert from "node:assert/strict";
import { before, suite, test } from "node:test";
import { type CorpusMessage, corpus, type Outcome, outcomeOf, type World } from "./corpus.ts";

/** Ordinary mail that is refused, each with its reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["000", "001", "002", "003", "004", "005", "006", "009", "010", "013"].map((number) => [
      `mail-parser/thirdparty/${number}.eml`,
      "a fragment of MIME without a From field",
    ]),
  ),
  "mail-parser/thirdparty/007.eml": "From: Moderator-Address <moderator>, which names no domain",
  "mikel-mail/plain_emails/mix_caps_content_type.eml":
    "From: Big Bug bb@bug.com, an address beside words and no brackets",
  "mikel-mail/plain_emails/raw_email_multiple_from.eml": "From holds two addresses without a comma",
  "mikel-mail/plain_emails/raw_email_with_at_display_name.eml": "From holds two addresses",
  "mikel-mail/rfc2822/example13.eml": "From: <jdoe@machine(comment).  example>, a domain in the obsolete syntax",
  "mikel-mail/sample_output_multipart": "empty",
};

/** The mail of a bounce without an author is lost to nobody; a refusal for anything else would be. */
const FOR_ITS_AUTHOR = ["no-author", "several-from-fields", "several-authors", "malformed-from", "author-not-read"];

const messages = corpus().filter(({ name }) => !/^(?:python|spamassassin)\//.test(name));

async function outcomes(world: World): Promise<readonly Outcome[]> {
  const all: Outcome[] = [];
  for (const message of messages) all.push(await outcomeOf(message, world));
  return all;
}

function names(all: readonly Outcome[], which: (outcome: Outcome) => boolean): readonly string[] {
  return all
    .filter(which)
    .map(({ name }) => name)
    .toSorted();
}

function isOrdinary({ kind }: Pick<CorpusMessage, "kind">): boolean {
  return kind === "ordinary";
}

function isDeferred({ disposition }: Outcome): boolean {
  return disposition === "defer";
}

suite("other people's messages", () => {
  let all: readonly Outcome[] = [];
  before(async () => {
    all = await outcomes("named");
    assert.ok(all.length > 480, "the messages are not all there");
    assert.ok(all.filter(isOrdinary).length > 120);
  });

  test("no ordinary one is refused, but for the exceptions, and all of those are", () => {
    assert.deepEqual(
      names(all, (one) => isOrdinary(one) && one.disposition === "reject"),
      Object.keys(EXCEPTIONS).toSorted(),
    );
  });

  test("no ordinary one goes to Junk", () => {
    assert.deepEqual(
      names(all, (one) => isOrdinary(one) && one.disposition === "junk"),
      [],
    );
  });

  test("none at all is refused for its content: only for its author, with 550 5.6.0", () => {
    assert.deepEqual(
      names(
        all,
        ({ disposition, reasons, reply }) =>
          disposition === "reject" && !(FOR_ITS_AUTHOR.includes(reasons[0] ?? "") && reply.startsWith("550 5.6.0 ")),
      ),
      [],
    );
  });

  test("nothing is judged over the bound of content, nor without a word why", () => {
    for (const { name, sum, disposition, reasons } of all) {
      assert.ok(sum <= 8, name);
      assert.ok(disposition === "accept" || reasons.length > 0, name);
    }
  });

  test("a client without a PTR record: odd headers are no second signal, suspicious files and links are", async () => {
    const nameless = await outcomes("nameless");
    assert.deepEqual(
      names(nameless, (one) => isDeferred(one) && isOrdinary(one)),
      [],
    );
    const second = nameless.filter(isDeferred).map(({ reasons }) => reasons.find((reason) => reason !== "no-pointer"));
    assert.ok(second.length >= 8);
    assert.deepEqual(new Set(second), new Set(["link-disguised", "suspicious-file"]));
  });
});
