/**
 * Other people's messages through the extraction of links: the hosts that rspamd's tests are about are found, its test files
 * carry what they are said to carry, and what linkify-it makes a link of in the texts of all messages, we know too.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { suite, test } from "node:test";
import { LinkifyIt } from "linkify-it";
import { checkFiles } from "#evidence/content/check-files.ts";
import { octetsInMemory } from "#evidence/content/message-octets.ts";
import { numberedParts } from "#evidence/content/part-numbers.ts";
import type { ListOutcome } from "#evidence/dnsbl/evidence.ts";
import { dnsLists } from "#evidence/dnsbl/settings.ts";
import type { LinkMismatch, UrlEvidence } from "#evidence/urls/evidence.ts";
import { extractUrls } from "#evidence/urls/extract-urls.ts";
import { queryUriLists } from "#evidence/urls/query-uri-lists.ts";
import { scanMessage } from "#mail/mime/scanner.ts";
import { textForSearch } from "#mail/text/search-text.ts";
import { FakeResolver } from "../fakes/resolver.ts";
import { peerData } from "./peer-data.ts";

const messages = join(peerData, "messages");
const rspamd = join(messages, "rspamd");

function evidenceOf(octets: Uint8Array): Promise<UrlEvidence> {
  return extractUrls(scanMessage(octets), octetsInMemory(octets));
}

suite("rspamd's messages: links", () => {
  /** Hosts as they are found, or addresses with their at sign. */
  const expected: Readonly<Record<string, readonly string[]>> = {
    url1: ["example.com", "tinyurl.com", "www.example.com"],
    url2: ["www.rspamd.com"],
    url3: ["www.bank.com", "www.rspamd.com"],
    url4: ["example.com", "rspamd.com", "rspamd.tk"],
    url5: ["www.example.net"],
    url6: ["www.example.org"],
    url7: ["example.ru"],
    url8: ["xn--80arbjktj.xn--p1ai"],
    url9: ["xn--80arbjktj.xn--p1ai"],
    url10: ["example.com", "testtest.com"],
    url11: ["clean.dirty.sanchez.com", "not.dirty.sanchez.com"],
    url12: ["4.very.dirty.sanchez.com", "not.dirty.sanchez.com"],
    url13: ["41.black.sanchez.com", "black.sanchez.com"],
    url14: ["user@admin.dirty.sanchez.com", "user@dirty.sanchez.com"],
    url15: ["4@very.dirty.sanchez.com"],
    url16: ["admin@41.black.sanchez.com", "admin@black.sanchez.com", "test@admin.dirty.sanchez.com"],
    url_obfuscated_bracket_dots: ["example.com"],
    url_obfuscated_hxxp: ["malicious-site.com"],
    url_obfuscated_spaced: ["evil-site.com"],
    url_obfuscated_word_dot: ["secure-login.net"],
    url_query_nesting: Array.from({ length: 13 }, (_, i) => `h${i}.example.org`).toSorted(),
    url_suspect_bad_tld: ["phishing.tk"],
    url_suspect_email_user: ["sales@example.com", "support@example.com"],
    url_suspect_long_user: ["phishing.com"],
    url_suspect_very_long_user: ["phishing.com"],
    url_suspect_multi_query: ["a.com", "b.com", "wrap.com"],
    url_suspect_multiple_at: ["phishing.com"],
    url_suspect_normal: ["www.example.com"],
    url_suspect_numeric_ip: ["203.0.113.42"],
    url_suspect_numeric_ip_user: ["203.0.113.42"],
    url_suspect_schemeless_email_href: ["user.name@example.com"],
    url_suspect_single_query: ["a.com", "wrap.com"],
    url_suspect_user_no_password: ["phishing.com"],
    urlimage: ["example.com"],
    urlinsubject: ["example.com"],
    urlinsubjectencoded: ["example.com"],
    numeric_urls: ["1.2.3.4", "9.10.11.12", "example.org", "judo.za.org"],
    content_url: ["www.example.org"],
    html_phishing: ["cdn.example.com", "phishing-site.evil"],
    phishing1: ["www.cnn.com", "www.example.net"],
    phishing_query_nested: ["mid.com", "www.cnn.com", "www.example.net"],
    phishing_query_overcap: ["a.io", "b.io", "c.io", "d.io", "ev.io", "www.cnn.com", "www.example.net"],
    redir: ["127.0.0.1"],
    redir_phishing_safe: ["redir.example.net", "www.example.com"],
    chain_redirect: ["127.0.0.1"],
    emailbltext: ["user@baddomain.com", "user@emailbl.com"],
    mailadr: ["user@example.com"],
  };

  for (const [name, hosts] of Object.entries(expected)) {
    test(name, async () => {
      const found = await evidenceOf(readFileSync(join(rspamd, `${name}.eml`)));
      const all = [...found.hosts.map(({ host }) => host), ...found.addresses.map(({ address }) => address)];
      assert.deepEqual(all.toSorted(), hosts);
    });
  }
});

suite("rspamd's messages: text that names another host", () => {
  const expected: Readonly<Record<string, readonly (readonly [string, string, LinkMismatch["relation"]])[]>> = {
    phishing1: [["cnn.com", "example.net", "differs"]],
    phishing2: [["myspace.com", "example.net", "differs"]],
    phishing3: [["bank.com", "example.net", "differs"]],
    phishing_query_safe: [["cnn.com", "example.net", "passes-through"]],
    phishing_query_nested: [["cnn.com", "example.net", "passes-through"]],
    phishing_query_nested_fire: [["cnn.com", "example.net", "differs"]],
    phishing_query_multi: [["cnn.com", "example.net", "differs"]],
    phishing_query_overcap: [["cnn.com", "example.net", "differs"]],
    phishing_same_label_cross_tld: [["davidaustinroses.co.za", "davidaustinroses.com", "same-name"]],
    url3: [["bank.com", "rspamd.com", "differs"]],
    url4: [["rspamd.tk", "example.com", "differs"]],
    redir_phishing_safe: [["example.com", "example.net", "same-name"]],
    url5: [],
    html_phishing: [],
    newsletter: [],
    transactional: [],
  };

  for (const [name, pairs] of Object.entries(expected)) {
    test(name, async () => {
      const { mismatches } = await evidenceOf(readFileSync(join(rspamd, `${name}.eml`)));
      assert.deepEqual(
        mismatches.map(({ shownDomain, targetDomain, relation }) => [shownDomain, targetDomain, relation]),
        pairs,
      );
    });
  }
});

suite("rspamd's messages: attachments", () => {
  const expected: Readonly<Record<string, readonly string[]>> = {
    zip: ["fake.exe: executable-name"],
    "zip-doublebad": ["fake.pdf.exe: executable-name double-extension"],
    "next2last-doublebad": ["файл.scr.xz: executable-name double-extension"],
    "bad_ext.dotted_file_name": ["bad_ext.dotted_file_name.exe: executable-name"],
    "next2last-digits_in_brackets": ["PDF417(3.2.4).msi: executable-name"],
    "next2last-digits_in_parens": ["PDF417[3.2.4].msi: executable-name"],
    "f.zip.gz": ["f.zip.gz: archive-in-archive"],
    "f.zip.001": [],
    exe_attm: ["hello_world.exe: executable-name executable-content"],
    fname: [],
  };

  for (const [name, files] of Object.entries(expected)) {
    test(name, async () => {
      const octets = readFileSync(join(rspamd, `${name}.eml`));
      const { files: found } = await checkFiles(scanMessage(octets).root, octetsInMemory(octets));
      assert.deepEqual(
        found.map((file) => `${file.name}: ${file.signs.join(" ")}`),
        files,
      );
    });
  }
});

suite("the test points of the lists, however they are written", () => {
  const points = {
    "surbl-org-permanent-test-point.com": ["surbl", "multi.surbl.org", "127.0.0.126"],
    "test.uribl.com": ["uribl", "multi.uribl.com", "127.0.0.14"],
    "dbltest.com": ["spamhaus-dbl", "dbl.spamhaus.org", "127.0.1.2"],
  } as const;
  const zones = new FakeResolver(
    Object.fromEntries(Object.entries(points).map(([name, [, zone, answer]]) => [`${name}.${zone}`, { A: [answer] }])),
  );
  const ways: Readonly<Record<string, (name: string) => string>> = {
    text: (name) => `Content-Type: text/plain\r\n\r\nSee http://${name}/ for more.`,
    "text without a scheme": (name) => `Content-Type: text/plain\r\n\r\nSee ${name}.`,
    subject: (name) => `Subject: http://${name}/\r\n\r\nhello`,
    href: (name) => asHtml(`<a href="https://${name}/x">here</a>`),
    image: (name) => asHtml(`<img src=//${name}/x.png>`),
    "HTML text": (name) => asHtml(`<div>http<b>:</b>//${name.replace(".", "<i>.</i>")}/</div>`),
    form: (name) => asHtml(`<form action="http://${name}/login">`),
    "style sheet": (name) => asHtml(`<p style="background:url(http://${name}/x)">`),
    entities: (name) =>
      asHtml(`<a href="http&colon;//${name.replaceAll(".", "&#46;").replaceAll("t", "&#x74;")}/">x</a>`),
    "quoted-printable, split": (name) =>
      encoded("quoted-printable", `http://${name.slice(0, 5)}=\r\n${name.slice(5, 9)}=\r\n${name.slice(9)}/`),
    "quoted-printable, encoded": (name) => encoded("quoted-printable", `http://${name.replaceAll(".", "=2E")}/`),
    base64: (name) => encoded("base64", Buffer.from(`http://${name}/`).toString("base64")),
    userinfo: (name) => asHtml(`<a href="http://www.bank.com@${name}/">x</a>`),
    "percent encoding": (name) => asHtml(`<a href="http://${name.replaceAll("e", "%65")}/">x</a>`),
    "zero-width spaces": (name) => asHtml(`<a href="http://${name.replaceAll("t", "t\u200b")}/">x</a>`),
    "full-width letters": (name) => asHtml(`<a href="http://${name.replaceAll("t", "\uff54")}/">x</a>`),
    "inside another link": (name) => asHtml(`<a href="http://good.example/?u=http%3A%2F%2F${name}%2F">x</a>`),
    "an address": (name) => `Content-Type: text/plain\r\n\r\nWrite to me@${name}`,
  };

  for (const [way, write] of Object.entries(ways)) {
    test(way, async () => {
      for (const [name, [list]] of Object.entries(points)) {
        const outcomes = await listed(write(name), zones);
        assert.deepEqual([...outcomes.keys()], [list], name);
      }
    });
  }
});

function asHtml(body: string): string {
  return `Content-Type: text/html\r\n\r\n${body}`;
}

function encoded(encoding: string, body: string): string {
  return `Content-Type: text/plain\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${body}`;
}

async function listed(message: string, resolver: FakeResolver): Promise<ReadonlyMap<string, ListOutcome>> {
  const lists = dnsLists([]);
  assert.ok(lists.ok);
  const guard = { skipReason: () => undefined, saw: () => {} };
  const urls = await evidenceOf(Buffer.from(message));
  const { findings } = await queryUriLists({ urls, lists: lists.value, guard, resolver, deadlineMs: 3000 });
  return new Map(
    findings.filter(({ outcome }) => outcome.kind === "listed").map(({ list, outcome }) => [list, outcome]),
  );
}

suite("every message there is", () => {
  const linkify = new LinkifyIt({ fuzzyLink: false, urlAuth: true });
  const files = readdirSync(messages, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(?:eml|msg)$/.test(name))
    .toSorted();

  test("is many messages", () => assert.ok(files.length > 400));

  for (const file of files) {
    test(relative(messages, join(messages, file)), async () => {
      const octets = readFileSync(join(messages, file));
      const { hosts, sharedHosts, leftOut } = await evidenceOf(octets);
      assert.equal(leftOut.octets, 0);
      if (leftOut.hosts > 0) return;
      const known = new Set([...hosts.map(({ host }) => host), ...sharedHosts]);
      for (const { mime } of numberedParts(scanMessage(octets).root)) {
        if (mime.type !== "text" || mime.subtype !== "plain") continue;
        const text = textForSearch(mime, octets.subarray(mime.bodyStart, mime.bodyEnd));
        for (const { url, schema } of linkify.match(text) ?? []) {
          const host = schema === "mailto:" ? undefined : URL.parse(url, "http://x")?.hostname.replace(/\.$/, "");
          if (host !== undefined && host.includes(".") && !host.startsWith("[")) assert.ok(known.has(host), url);
        }
      }
    });
  }
});
