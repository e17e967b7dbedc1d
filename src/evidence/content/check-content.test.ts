import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { scanMessage } from "#mail/mime/scanner.ts";
import { type ContentInquiry, checkContent } from "./check-content.ts";
import type { ContentEvidence } from "./evidence.ts";
import { ADDRESSES_MAX, FIELDS_OF_A_NAME_MAX, UNSUBSCRIBE_LINKS_MAX } from "./limits.ts";
import { octetsInMemory } from "./message-octets.ts";

const RECEIVED_AT_MS = Date.UTC(2030, 0, 1, 12);
const GOOD = "From: A <a@sender.example>\r\nDate: Tue, 1 Jan 2030 11:00:00 +0000\r\nMessage-ID: <1@sender.example>\r\n";

function contentOf(header: string, more: Partial<ContentInquiry> = {}): Promise<ContentEvidence> {
  const octets = Buffer.from(`${header}\r\nhello\r\n`);
  return checkContent({
    index: scanMessage(octets),
    octets: octetsInMemory(octets),
    receivedAtMs: RECEIVED_AT_MS,
    mailFromDomain: "sender.example",
    isFromOutside: true,
    isOwnDomain: (domain) => domain === "own.example",
    ...more,
  });
}

async function check<Key extends keyof ContentEvidence>(
  header: string,
  key: Key,
  expected: ContentEvidence[Key],
  more?: Partial<ContentInquiry>,
): Promise<void> {
  assert.deepEqual((await contentOf(header, more))[key], expected, header);
}

async function checkReplyTo(header: string, expected: string): Promise<void> {
  assert.equal((await contentOf(`${GOOD}${header}`)).replyTo.relation, expected);
}

suite("fields", () => {
  test("each is counted", async () => {
    const { fields } = await contentOf(`${GOOD}From: b@x.example\r\nSubject: x\r\nsubject: y\r\n`);
    assert.deepEqual(fields, {
      from: 2,
      sender: 0,
      "reply-to": 0,
      to: 0,
      cc: 0,
      date: 1,
      "message-id": 1,
      subject: 2,
    });
    assert.deepEqual((await contentOf("X: y\r\n")).fields.from, 0);
  });

  test("a date that cannot be read, one of the past, one of the future", async () => {
    await check(GOOD, "date", { isReadable: true, ageMs: 3_600_000 });
    await check("Date: Tue, 1 Jan 2030 13:00:00 +0000\r\n", "date", { isReadable: true, ageMs: -3_600_000 });
    await check("Date: soon\r\n", "date", { isReadable: false, ageMs: null });
    await check("X: y\r\n", "date", { isReadable: false, ageMs: null });
  });

  test("Message-ID", async () => {
    await check(GOOD, "messageIdIsWellFormed", true);
    for (const id of ["1@x.example", "<1>", "<a b@x>", "<@x>", ""]) {
      await check(`Message-ID: ${id}\r\n`, "messageIdIsWellFormed", false);
    }
  });
});

suite("who it says it is from", () => {
  test("From with its name decoded", async () => {
    await check("From: =?utf-8?q?M=C3=BCller?= <m@X.example>\r\n", "headerFrom", {
      name: "Müller",
      address: "m@x.example",
      domain: "x.example",
    });
    await check("From: nobody\r\n", "headerFrom", null);
  });

  test("a display name that holds another address", async () => {
    const other = { address: "ceo@bank.com", isOfAnotherDomain: true };
    await check('From: "ceo@bank.com" <x@evil.example>\r\n', "displayName", other);
    await check("From: =?utf-8?q?ceo=40bank.com?= via <x@evil.example>\r\n", "displayName", other);
    await check('From: "a@mail.bank.com" <b@bank.com>\r\n', "displayName", {
      address: "a@mail.bank.com",
      isOfAnotherDomain: false,
    });
    await check("From: Meet @ noon <x@evil.example>\r\n", "displayName", { address: null, isOfAnotherDomain: false });
  });

  test("Reply-To against From", async () => {
    await checkReplyTo("", "none");
    await checkReplyTo("Reply-To: A@sender.example\r\n", "same-address");
    await checkReplyTo("Reply-To: b@mail.sender.example\r\n", "same-domain");
    await checkReplyTo("Reply-To: a@sender.example, x@gmail.com\r\n", "other-domain");
    await checkReplyTo("Reply-To: a@sender.example\r\nReply-To: x@gmail.com\r\n", "other-domain");
  });

  test("mail from outside that claims one of our domains, wherever it does", async () => {
    await check("From: x@own.example\r\n", "ownDomainClaims", ["header-from"]);
    await check("From: x@a.example\r\nSender: x@own.example\r\nReply-To: x@own.example\r\n", "ownDomainClaims", [
      "sender",
      "reply-to",
    ]);
    await check('From: "boss@own.example" <x@a.example>\r\n', "ownDomainClaims", ["display-name"]);
    await check(GOOD, "ownDomainClaims", ["mail-from"], { mailFromDomain: "own.example" });
    await check(GOOD, "ownDomainClaims", []);
    await check("From: x@own.example\r\n", "ownDomainClaims", [], { isFromOutside: false });
  });
});

test("List-Unsubscribe: can it be used, whose is it, and is one click meant", async () => {
  const none = { isPresent: false, hosts: [], isUseless: false, isElsewhere: false, oneClick: "none" } as const;
  await check(GOOD, "listUnsubscribe", none);
  const links = "List-Unsubscribe: <mailto:u@sender.example?subject=x>, (or)\r\n <https://news.sender.example/u?1>\r\n";
  const offered = { ...none, isPresent: true, hosts: ["sender.example", "news.sender.example"] };
  await check(`${GOOD}${links}`, "listUnsubscribe", offered);
  const post = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";
  await check(`${GOOD}${links}${post}`, "listUnsubscribe", { ...offered, oneClick: "offered" });
  const other = "List-Unsubscribe-Post: yes\r\n";
  await check(`${GOOD}${links}${other}`, "listUnsubscribe", { ...offered, oneClick: "malformed" });
  await check(`${GOOD}List-Unsubscribe: <http://e.example/>\r\n${post}`, "listUnsubscribe", {
    ...none,
    isPresent: true,
    hosts: ["e.example"],
    isElsewhere: true,
    oneClick: "malformed",
  });
  await check(`${GOOD}List-Unsubscribe: write to us\r\n`, "listUnsubscribe", {
    ...none,
    isPresent: true,
    isUseless: true,
  });
});

test("fields, addresses and links beyond the bounds are not read", async () => {
  await checkReplyTo(reply(ADDRESSES_MAX - 1), "other-domain");
  await checkReplyTo(reply(ADDRESSES_MAX), "same-address");
  const fields = "Reply-To: a@sender.example\r\n".repeat(FIELDS_OF_A_NAME_MAX);
  await checkReplyTo(`${fields}Reply-To: x@other.example\r\n`, "same-address");
  const links = Array.from({ length: UNSUBSCRIBE_LINKS_MAX + 5 }, (_, i) => `<https://h${i}.example/>`).join(", ");
  const { listUnsubscribe } = await contentOf(`${GOOD}List-Unsubscribe: ${links}\r\n`);
  assert.equal(listUnsubscribe.hosts.length, UNSUBSCRIBE_LINKS_MAX);
});

test("evidence can be sent between threads and stored", async () => {
  const evidence = await contentOf(`${GOOD}Reply-To: x@y.example\r\n`);
  assert.deepEqual(JSON.parse(JSON.stringify(evidence)), evidence);
});

function reply(count: number): string {
  return `Reply-To: ${"a@sender.example, ".repeat(count)}x@other.example\r\n`;
}
