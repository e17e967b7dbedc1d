/** Whatever the input: no exception, the same hosts as other readers see, and work in proportion to the input. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { scanMessage } from "#mail/mime/scanner.ts";
import { octetsInMemory } from "../content/message-octets.ts";
import { CollectedLinks } from "./collected-links.ts";
import { Effort } from "./effort.ts";
import { extractUrls } from "./extract-urls.ts";
import { bodyEvidence } from "./extraction.test-data.ts";
import { innerLinks } from "./inner-links.ts";
import {
  EFFORT_MAX,
  HOST_CHARACTERS_MAX,
  HOSTS_MAX,
  HTML_IN_ONE_GO_MAX,
  INNER_DECODINGS_MAX,
  INNER_LINK_CHARACTERS_MAX,
  INNER_LINKS_MAX,
  LINK_CHARACTERS_MAX,
  LINK_TEXT_CHARACTERS_MAX,
  READ_IN_ONE_GO_MAX,
  WORD_CHARACTERS_MAX,
} from "./limits.ts";
import { isPlainName, readHosts } from "./read-host.ts";
import { type HtmlContent, readHtml, readHtmlInSteps } from "./read-html.ts";
import { readLink } from "./read-link.ts";
import { findMentions, wordsWithSigns } from "./text-mentions.ts";

/** Text out of what links, HTML and their disguises are made of. */
const hostilePieces = fc.constantFrom(
  ..."http:// https: hxxp // \\ @ . [.] (dot) www. evil.example good.example 192.0.2.1 0x7f.1 [::1] : 80 ? # & = % %2e %2f".split(
    " ",
  ),
  ..."<a href= \" ' > </a> <style> url( <!--[if <![endif]--> &#46; &sp; &shy; \u00ad \u200b \u3002 \uff45 \u0430 \u00df".split(
    " ",
  ),
  ..." |\t|\n|\0|\ufffd|\ud800".split("|"),
);
const hostileText = fc
  .array(fc.oneof({ weight: 4, arbitrary: hostilePieces }, fc.string({ maxLength: 4 })), { maxLength: 60 })
  .map((pieces) => pieces.join(""));

/** Text out of the elements that are read differently, and what may be cut in the middle. */
const hostileHtml = fc
  .array(
    fc.constantFrom(
      ...'<a_href=x>|</a>|<style>|</style>|<script>|</script>|<title>|</title>|<!--[if_mso]>|<![endif]-->|-->|<!--|url(http://a.test/)|<meta_http-equiv=refresh_content=\'0;url=b\'>|&#46;|&amp;|&sp|<img_src="|"|<p_style="background:url(c)">|\ud83d\ude00|word|<|>|_|=|]]>|<![CDATA['
        .split("|")
        .map((piece) => piece.replaceAll("_", " ")),
    ),
    { maxLength: 25 },
  )
  .map((pieces) => pieces.join(""));

suite("any input", () => {
  test("throws nothing, and gives hosts that could be looked up, within the bounds", async () => {
    await fc.assert(
      fc.asyncProperty(hostileText, fc.constantFrom("text/plain", "text/html"), async (body, type) => {
        const { hosts, addresses } = await bodyEvidence(body, { type });
        assert.ok(hosts.length <= HOSTS_MAX);
        for (const { host, kind } of hosts) {
          if (kind === "name") assert.match(host, /^(?:[a-z0-9_-]{1,63}\.)+[a-z0-9-]{1,63}$/);
          else assert.match(host, /^[0-9a-f:.]+$/);
        }
        for (const { domain } of addresses) assert.match(domain, /^[a-z0-9.-]+$/);
      }),
      { numRuns: 300 },
    );
  });

  test("HTML says the same however it is cut", () => {
    fc.assert(
      fc.property(hostileHtml, fc.integer({ min: 1, max: 40 }), (html, slice) => {
        const steps = readHtmlInSteps(html, slice);
        let step = steps.next();
        while (step.done !== true) step = steps.next();
        assert.deepEqual(step.value, readHtml(html));
      }),
      { numRuns: 300 },
    );
  });

  test("a link is read as the URL Standard reads it, whatever else it might mean", () => {
    fc.assert(
      fc.property(hostileText, (rest) => {
        const link = `http://${rest}`;
        // What carries a mark for people to undo is no link to a program.
        fc.pre(!/[[({](?:\.|dot)[\])}]|^hxxp/i.test(link));
        const standard = URL.parse(link)?.hostname.replace(/\.$/, "");
        if (standard === undefined || !isPlainName(standard)) return;
        const hosts = readLink(link, new Effort()).hosts.map(({ host }) => host);
        assert.ok(hosts.includes(standard), `${JSON.stringify(link)}: ${hosts.join(" ")} without ${standard}`);
      }),
      { numRuns: 300 },
    );
  });

  test("the same whole or as an attribute of HTML with all of its letters as entities", async () => {
    await fc.assert(
      fc.asyncProperty(fc.webUrl({ withQueryParameters: true }), async (link) => {
        const entities = link.replace(/./gsu, (letter) => `&#${letter.codePointAt(0)};`);
        const plain = await bodyEvidence(`<a href="${link.replaceAll("&", "&amp;")}">`, { type: "text/html" });
        const hidden = await bodyEvidence(`<a href="${entities}">`, { type: "text/html" });
        assert.deepEqual(
          hidden.hosts.map(({ host }) => host),
          plain.hosts.map(({ host }) => host),
        );
      }),
      { numRuns: 100 },
    );
  });
});

suite("twice the input is at most twice the work", () => {
  test("text: no character is in two of the words that are read, and none is longer than the bound", () => {
    fc.assert(
      fc.property(hostileText, fc.integer({ min: 1, max: 400 }), (unit, times) => {
        const text = unit.repeat(times);
        const words = [...wordsWithSigns(text)];
        let from = 0;
        for (const word of words) {
          const at = text.indexOf(word, from);
          assert.ok(at >= from && word.length <= 2 * WORD_CHARACTERS_MAX);
          from = at + word.length;
        }
      }),
      { numRuns: 100 },
    );
  });

  test("a word is read once: what comes out is no more than went in", () => {
    for (const unit of ["http://a.example", "a@b.example,", "http://h.example/?u=", "a.", "((((a.com", "x dot com "]) {
      const count = (times: number): number => {
        let characters = 0;
        findMentions(unit.repeat(times), new Effort(), ({ raw }) => (characters += raw.length));
        return characters;
      };
      assert.ok(count(4000) <= 2 * count(2000) + 2 * WORD_CHARACTERS_MAX, unit);
      assert.ok(count(4000) <= 4000 * unit.length, unit);
    }
  });

  test("HTML: tokens, links and shown texts double with the input", () => {
    const units = [
      "<a href=//x.example>",
      "<a href=//x.example>text",
      "<b>",
      "<a ",
      "&amp;",
      "<!--[if mso]><a href=//x.example><!--[if mso]>",
      "<![endif]-->",
      "<style>url(//x.example",
      "<script>",
      '<img srcset="//a.example 1x, ',
    ];
    for (const unit of units) {
      const [once, twice] = [1000, 2000].map((times) => size(readHtml(unit.repeat(times))));
      assert.ok(twice! <= 2 * once! + 2 * LINK_CHARACTERS_MAX, `${unit}: ${once} ${twice}`);
      // Each character at most as a text, as that of a link, and in a comment again.
      assert.ok(twice! <= 2000 * unit.length * 4, `${unit}: ${twice}`);
    }
  });

  test("a link: no more is read than its bound, however long it is and however often it is encoded", () => {
    for (const scheme of ["http:", "http%253A"]) {
      const long = Array.from({ length: 1000 }, (_, i) => `${scheme}//h${i}.example/`).join("");
      assert.equal(innerLinks(long).length, INNER_LINKS_MAX);
    }
    const inner = innerLinks(`http://${"a".repeat(LINK_CHARACTERS_MAX)}`);
    assert.ok(inner.every(({ length }) => length <= INNER_LINK_CHARACTERS_MAX));
    const behind = `http://a.example/${"x".repeat(LINK_CHARACTERS_MAX)}http://evil.example/`;
    assert.deepEqual(readLink(behind, new Effort()).inner, []);
    assert.equal(innerLinks(encodedOften(INNER_DECODINGS_MAX - 2)).length, 1);
    assert.equal(innerLinks(encodedOften(INNER_DECODINGS_MAX)).length, 0);
    assert.equal(readHosts(hiddenName(20), new Effort()).length, 1);
    assert.equal(readHosts(hiddenName(HOST_CHARACTERS_MAX), new Effort()).length, 0);
  });

  test("hosts: what they cost grows with their number, up to the bound, and what is left out is counted", async () => {
    const units: Readonly<Record<string, (i: number) => string>> = {
      plain: (i) => `<a href="http://h${i}.example/">x</a>`,
      international: (i) => `<a href="http://\u00fc${i}.example/">x</a>`,
      numbers: (i) => `<a href="http://${i}/">x</a>`,
      inner: (i) =>
        `<a href="http://a.example/?${Array.from({ length: 16 }, (_, j) => `http://\u00fc${i}.${j}.x/`).join("")}">`,
      shown: (i) => `<a href="http://h${i}.example/">www.\u00fc${i}.example</a>`,
      text: (i) => `\u00fc${i}.de `,
    };
    for (const [name, unit] of Object.entries(units)) {
      const [once, twice] = [100, 200].map((times) =>
        effortOf(Array.from({ length: times }, (_, i) => unit(i)).join("")),
      );
      assert.ok(once! > 0 && twice! <= 2.2 * once!, `${name}: ${once} ${twice}`);
      const { leftOut } = await bodyEvidence(Array.from({ length: 20_000 }, (_, i) => unit(i)).join(""), {
        type: "text/html",
      });
      assert.ok(leftOut.links > 0, name);
    }
    assert.ok(effortOf("a.de ".repeat(EFFORT_MAX)) <= EFFORT_MAX);
  });

  test("the text of a link is cut", () => {
    const [anchor] = readHtml(`<a href="//x.example">${"<b>ww</b>".repeat(LINK_TEXT_CHARACTERS_MAX * 2)}</a>`).anchors;
    assert.equal(anchor?.shown.length, LINK_TEXT_CHARACTERS_MAX);
  });
});

/** Characters of all that was found. */
function size({ links, anchors, text, scripts }: HtmlContent): number {
  const parts = [
    ...links.flatMap(({ raw, value }) => [raw, value]),
    ...anchors.flatMap(({ shown, href }) => [shown, href]),
    ...scripts,
    text,
  ];
  return parts.reduce((sum, { length }) => sum + length, 0);
}

/** What an HTML text costs, in plain host names. */
function effortOf(html: string): number {
  const links = new CollectedLinks();
  const found = readHtml(html);
  for (const { raw, value, source } of found.links) links.link({ raw, link: value, source, part: "1", disguises: [] });
  for (const { shown, href } of found.anchors) links.anchor(shown, href, "1");
  findMentions(found.text, links.effort, () => {});
  return links.effort.spent;
}

function encodedOften(times: number): string {
  return `http:%${"25".repeat(times)}2f%${"25".repeat(times)}2fevil.example`;
}

function hiddenName(times: number): string {
  return `${"\u00ad".repeat(1000)}${"e\u0301".repeat(times)}.example`;
}

/** How often others had their turn. */
async function pausesOf(body: string, type: string): Promise<number> {
  const octets = Buffer.from(`Content-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${body}`);
  let pauses = 0;
  const pause = async (): Promise<void> => {
    pauses++;
    await Promise.resolve();
  };
  await extractUrls(scanMessage(octets), octetsInMemory(octets), pause);
  return pauses;
}

suite("no message keeps the thread", () => {
  test("others have their turn after so many links, words and characters of HTML", async () => {
    const links = 4000;
    const tags = "<a href=x>".repeat(links);
    const least = Math.floor(links / READ_IN_ONE_GO_MAX) + Math.floor(tags.length / HTML_IN_ONE_GO_MAX);
    assert.ok((await pausesOf(tags, "text/html")) >= least);
    assert.ok((await pausesOf("a.example.com\r\n".repeat(links), "text/plain")) >= links / READ_IN_ONE_GO_MAX);
  });

  test("a letter is read without", async () => {
    assert.equal(await pausesOf(`<p>Hello <a href="http://a.example/">you</a></p>`.repeat(50), "text/html"), 0);
  });
});
