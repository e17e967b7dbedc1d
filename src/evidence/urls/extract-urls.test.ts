import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import type { Disguise, UrlEvidence } from "./evidence.ts";
import { type BodyOptions, bodyEvidence, evidenceOf, hostsOf } from "./extraction.test-data.ts";
import {
  ADDRESSES_MAX,
  DERIVATIONS_MAX,
  ENCODED_MESSAGES_DEPTH_MAX,
  HOSTS_MAX,
  HOSTS_SEEN_MAX,
  LINKS_MAX,
  MESSAGE_OCTETS_MAX,
  MISMATCHES_MAX,
  PART_OCTETS_MAX,
  PARTS_READ_MAX,
} from "./limits.ts";

const HTML = { type: "text/html" };

async function check(body: string, expected: readonly string[], options?: BodyOptions): Promise<void> {
  assert.deepEqual(await hostsOf(body, options), expected, body);
}

async function disguises(body: string, expected: readonly Disguise[]): Promise<void> {
  const { hosts } = await bodyEvidence(body, HTML);
  assert.deepEqual([...new Set(hosts.flatMap((host) => host.derivations.flatMap((one) => one.disguises)))], expected);
}

async function addresses(body: string, expected: readonly string[], options?: BodyOptions): Promise<void> {
  const { addresses: found, hosts } = await bodyEvidence(body, options);
  assert.deepEqual(
    found.map(({ address }) => address),
    expected,
  );
  assert.deepEqual(hosts, [], "an address is no link");
}

function link(target: string): string {
  return `<a href="${target}">x</a>`;
}

function lines(count: number, line: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => line(i)).join("\n");
}

suite("text: what a mail program would link", () => {
  test("a name with a scheme, with www or with a path; any name under the great domains", async () => {
    await check("See https://a.example/x, (www.b.example) or c.example/path.", [
      "a.example",
      "c.example",
      "www.b.example",
    ]);
    await check("Shop at evil.com or evil.co.uk today", ["evil.co.uk", "evil.com"]);
    await check("*http://a.example*, 'http://b.example', <http://c.example>; [http://d.example].", [
      "a.example",
      "b.example",
      "c.example",
      "d.example",
    ]);
  });

  test("not file names, companies, versions, abbreviations (GmbH & Co.KG) (R49)", async () => {
    for (const text of [
      "Müller GmbH & Co.KG",
      "run file.sh",
      "v1.2.3.4",
      "e.g. this",
      "a.b",
      "Node.js",
      "end.Next",
      "...",
    ]) {
      await check(text, []);
    }
  });

  test("what people are meant to undo: hxxp, [.], (dot), spelled dots", async () => {
    await check("hxxps://evil[.]example/x and bad(dot)com/x and example[.]com", [
      "bad.com",
      "evil.example",
      "example.com",
    ]);
    await check("write to secure-login dot net", ["secure-login.net"]);
    await check("h t t p s : / / evil-site.com/page", ["evil-site.com"]);
  });

  test("scripts without spaces go on right behind a link", async () => {
    await check("请访问http://evil.com谢谢 ,或http://bad.com。谢谢", ["bad.com", "evil.com"]);
    await check("http://мойсайт.рф", ["xn--80arbjktj.xn--p1ai"]);
  });

  test("invisible characters anywhere in it", async () => {
    await check("ht\u200btp://ev\u200cil.exa\u00admple/ \u2060www.e\u{e0061}vil.com", ["evil.example", "www.evil.com"]);
  });

  test("subjects, of inner messages too, with their encoded words", async () => {
    const inner = "Subject: =?utf-8?q?www=2Einner=2Eexample?=\r\n\r\nhttp://body.example\r\n";
    const { hosts } = await evidenceOf(
      `Subject: =?utf-8?b?${Buffer.from("See https://outer.example/").toString("base64")}?=\r\n` +
        `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n${inner}\r\n--b--\r\n`,
    );
    assert.deepEqual(
      hosts.map(({ host, derivations }) => [host, derivations[0]?.part]),
      [
        ["outer.example", "subject"],
        ["www.inner.example", "2/subject"],
        ["body.example", "2.1"],
      ],
    );
  });
});

suite("HTML", () => {
  test("everything that links, loads, sends or shows (R50)", async () => {
    const attributes = {
      href: '<a href="http://N/">',
      area: "<area href=http://N>",
      src: "<img src='http://N/x.png'>",
      srcset: '<img srcset="/a.png 1x, http://N/x.png 2x">',
      action: '<form action="http://N/">',
      formaction: '<button formaction="http://N/">',
      base: '<base href="http://N/">',
      background: '<td background="http://N/">',
      frame: '<iframe src="http://N/">',
      object: '<object data="http://N/">',
      style: '<p style="background: url( &quot;http://N/x&quot; )">',
      sheet: "<style>p { background: url('http://N/x') } </style>",
      import: '<style>@import "http://N/x.css";</style>',
      escaped: String.raw`<style>p { background: url(\68ttp://N/x) } </style>`,
      refresh: '<meta http-equiv="refresh" content="0; URL=http://N/">',
      svg: '<svg><a xlink:href="http://N/">',
      text: "<div>http://N/</div>",
      split: "<p>http<b>:</b>//<i></i>N/</p>",
      script: "<script>location = 'http://N/x'</script>",
      outlook: '<!--[if mso]><v:roundrect href="http://N/x"><![endif]-->',
      quoteless: "<a href=http://N/ >",
      upper: '<A HREF="HTTP://N/">',
      entities: '<a href="h&#x74;tp&colon;&sol;&sol;N&period;">',
      cut: '<a href="http://N/">text',
    };
    for (const [name, html] of Object.entries(attributes)) {
      await check(html.replaceAll("N", `${name}.example`), [`${name}.example`], HTML);
    }
  });

  test("relative links, anchors of the page and other schemes lead nowhere", async () => {
    for (const href of ["x.html", "/x", "#x", "?x=1", "../x", "tel:+49", "cid:part@x", "data:text/plain,hello", ""]) {
      await check(link(href), [], HTML);
    }
  });

  test("script in a link is looked through", async () => {
    await check(`<a href="javascript:location='http://evil.example/'">x</a>`, ["evil.example"], HTML);
  });

  test("names in a script are names of the script", async () => {
    await check("<script>window.example.com; www.example.com</script>", [], HTML);
  });

  test("text that no mail program shows is no text", async () => {
    await check("<title>www.a.example</title><style>www.b.example/x</style><!-- http://c.example -->", [], HTML);
  });
});

suite("disguises are undone and named", () => {
  test("each by its word", async () => {
    await disguises(link("http://0x7f.1/"), ["numeric-host"]);
    await disguises(link("http://[::ffff:192.0.2.1]/"), ["address-in-ipv6"]);
    await disguises(link("http://[2001:db8::1]/"), []);
    await disguises(link("http://good.example@evil.example/"), ["userinfo"]);
    await disguises(link("http://ev%69l.example/"), ["percent-encoded-host"]);
    await disguises(link("http&#58;//evil.example/"), ["entities"]);
    await disguises(link("http://\uff45vil.example/"), ["compatibility-letters"]);
    await disguises(link("http://ev\u200bil.example/"), ["invisible-characters"]);
    await disguises(link("http:\\\\evil.example/"), ["backslashes"]);
    await disguises(link("http://evil\r\n.example/"), ["control-characters"]);
    await disguises(link("hxxp://evil.example/"), ["defanged"]);
    await disguises(link("http://b\u00fccher.example/"), ["internationalised"]);
    await disguises(link("http://b\u0430nk.example/"), ["internationalised", "mixed-scripts"]);
    await disguises(link("http://evil.example/?a=1&amp;b=2"), []);
  });

  test("two readers: WHATWG and RFC 3986, IDNA 2008 and 2003", async () => {
    const { hosts } = await bodyEvidence(link("http://good.example\\@evil.example/"), HTML);
    assert.deepEqual(
      hosts.map(({ host, derivations }) => [host, derivations[0]?.disguises.includes("readers-differ")]),
      [
        ["good.example", true],
        ["evil.example", true],
      ],
    );
    await check(link("http://fa\u00df.example/"), ["fass.example", "xn--fa-hia.example"], HTML);
    const joined = "http://\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.example/";
    await check(link(joined), ["xn--mgba3gch31f.example", "xn--mgba3gch31f060k.example"], HTML);
    await check(link("http://ev\u200cil.example/"), ["evil.example"], HTML);
  });

  test("what no reader can reach is read as the most careless would", async () => {
    await check(link("http://evil.example:99999/"), ["evil.example"], HTML);
    await check(link("http://evil.example%2f.good.example/"), ["evil.example"], HTML);
    await check(link("http://evil.example&sp"), ["evil.example"], HTML);
  });

  test("links inside a link, encoded several times, and in base64", async () => {
    await check("http://h0.example/?u=http://h1.example/?u=http://h2.example/", [
      "h0.example",
      "h1.example",
      "h2.example",
    ]);
    let nested = "http://evil.example/";
    for (let level = 0; level < 5; level++) nested = `http://h${level}.example/?u=${encodeURIComponent(nested)}`;
    await check(nested, ["evil.example", "h0.example", "h1.example", "h2.example", "h3.example", "h4.example"]);
    const encoded = Buffer.from("https://evil.example/x").toString("base64url");
    await check(`https://good.example/r/${encoded}`, ["evil.example", "good.example"]);
  });
});

suite("encodings", () => {
  test("quoted-printable that splits the host, base64, UTF-16", async () => {
    await check("see http://ev=\r\nil.exa=6Dple/", ["evil.example"], { encoding: "quoted-printable" });
    await check(Buffer.from("http://evil.example").toString("base64"), ["evil.example"], { encoding: "base64" });
    const utf16 = Buffer.from("http://evil.example", "utf16le").toString("base64");
    const header = "Content-Type: text/plain; charset=utf-16le\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    const { hosts } = await evidenceOf(header + utf16);
    assert.deepEqual(hosts[0]?.host, "evil.example");
  });

  test("lines that go on: format=flowed with DelSp, calendars", async () => {
    await check("http://evil. \r\nexample/x", ["evil.example"], { type: "text/plain; format=flowed; delsp=yes" });
    await check("DESCRIPTION:http://evil.exa\r\n mple/x\r\n", ["evil.example"], { type: "text/calendar" });
  });

  test("a whole message in base64, against RFC 2046 §5.2.1", async () => {
    const inner = Buffer.from("Subject: x\r\n\r\nhttp://evil.example\r\n").toString("base64");
    const { hosts } = await evidenceOf(
      `Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n${inner}`,
    );
    assert.deepEqual(hosts[0]?.host, "evil.example");
  });

  test("messages in encoded messages, as deep as the bound and no deeper", async () => {
    let outer = "Subject: x\r\n\r\nhttp://deepest.example\r\n";
    for (let depth = 0; depth <= ENCODED_MESSAGES_DEPTH_MAX; depth++) {
      const { hosts } = await evidenceOf(outer);
      assert.equal(hosts.length, 1, `${depth}`);
      outer = `Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from(outer).toString("base64")}`;
    }
    assert.deepEqual((await evidenceOf(outer)).hosts, []);
  });

  test("HTML and text in attachments, by type or by name", async () => {
    const named = 'Content-Type: application/octet-stream; name="a.htm"\r\n\r\n<a href="//evil.example">';
    assert.equal((await evidenceOf(named)).hosts[0]?.host, "evil.example");
    await check("<a href=//evil.example>", ["evil.example"], { type: "application/xhtml+xml" });
    await check("http://evil.example", [], { type: "image/png" });
  });
});

suite("addresses are a class of their own", () => {
  test("in text, in mailto links with their fields, in links without a scheme", async () => {
    await addresses("Write to user@a.example, or <other@b.example>.", ["user@a.example", "other@b.example"]);
    await addresses(
      '<a href="mailto:a@x.example,b%40y.example?subject=hi&amp;cc=c@z.example">write</a>',
      ["a@x.example", "b@y.example", "c@z.example"],
      HTML,
    );
    await addresses('<a href="user.name@a.example">user.name@a.example</a>', ["user.name@a.example"], HTML);
  });

  test("within bounds", async () => {
    const { addresses: found, leftOut } = await bodyEvidence(
      Array.from({ length: 100 }, (_, i) => `u${i}@a.example`).join(" "),
    );
    assert.equal(found.length, ADDRESSES_MAX);
    assert.equal(leftOut.addresses, 100 - ADDRESSES_MAX);
  });
});

suite("what is kept", () => {
  test("40 hosts: what is clicked first, one of each registered domain first", async () => {
    const images = lines(100, (i) => `<img src="http://a${i}.one.example/">`);
    const { hosts, leftOut } = await bodyEvidence(`${images}<a href="http://evil.test/">x</a>`, HTML);
    assert.equal(hosts.length, HOSTS_MAX);
    assert.deepEqual(
      hosts.slice(0, 2).map(({ host }) => host),
      ["evil.test", "a0.one.example"],
    );
    assert.equal(leftOut.hosts, 101 - HOSTS_MAX);
  });

  test("three derivations of a host, each with what stood there", async () => {
    const { hosts } = await bodyEvidence(lines(10, (i) => `http://evil.example/${i}`));
    assert.equal(hosts[0]?.derivations.length, DERIVATIONS_MAX);
    assert.deepEqual(hosts[0]?.derivations[0], {
      raw: "http://evil.example/0",
      decoded: "http://evil.example/0",
      source: "text",
      part: "1",
      disguises: [],
    });
  });

  test("hosts that everybody names are apart, and take nobody's place", async () => {
    const { hosts, sharedHosts } = await bodyEvidence(
      '<html xmlns="http://www.w3.org/1999/xhtml"><link href="https://fonts.googleapis.com/css?x"><img src="http://www.w3.org/x">',
      HTML,
    );
    assert.deepEqual(hosts, []);
    assert.deepEqual(sharedHosts, ["fonts.googleapis.com", "www.w3.org"]);
  });

  test("the registered domain, private suffixes counted; none for an address", async () => {
    const { hosts } = await bodyEvidence("http://a.b.co.uk/ http://x.y.github.io/ http://192.0.2.1/");
    assert.deepEqual(
      hosts.map(({ registered }) => registered),
      ["b.co.uk", "y.github.io", null],
    );
  });

  test("bounds: octets of a part, links of a message", async () => {
    const long = await bodyEvidence(`http://first.example\n${"x ".repeat(PART_OCTETS_MAX)}http://last.example`);
    assert.deepEqual(
      long.hosts.map(({ host }) => host),
      ["first.example"],
    );
    assert.ok(long.leftOut.octets > PART_OCTETS_MAX);
    const many = await bodyEvidence(lines(LINKS_MAX + 10, (i) => `http://a.example/${i}`));
    assert.equal(many.leftOut.links, 10);
  });

  test("bounds: octets of all parts, parts, hosts, texts that name another host", async () => {
    const long = "x ".repeat(PART_OCTETS_MAX / 2);
    const { hosts, leftOut } = await evidenceOf(message([`\r\n${long}`, `\r\n${long}`, "\r\nhttp://third.example"]));
    assert.equal(MESSAGE_OCTETS_MAX, 2 * PART_OCTETS_MAX);
    assert.deepEqual([hosts.length, leftOut.octets > 0], [0, true]);
    const many = await evidenceOf(message([...Array<string>(PARTS_READ_MAX).fill("\r\nx"), "\r\nhttp://last.example"]));
    assert.deepEqual([many.hosts.length, many.leftOut.parts], [0, 1]);
    const twice = HOSTS_SEEN_MAX + 100;
    const seen = await bodyEvidence(lines(2 * twice, (i) => `http://h${i % twice}.example/${i}`));
    assert.equal(seen.leftOut.hosts, HOSTS_SEEN_MAX - HOSTS_MAX + 2 * 100);
    const texts = await bodyEvidence(
      lines(MISMATCHES_MAX + 5, (i) => `<a href="//evil.example">www.bank${i}.com</a>`),
      HTML,
    );
    assert.equal(texts.mismatches.length, MISMATCHES_MAX);
  });

  test("can be sent between threads and stored", async () => {
    const evidence: UrlEvidence = await bodyEvidence(
      '<a href="http://u@evil.example">www.bank.com</a> a@b.example',
      HTML,
    );
    assert.deepEqual(JSON.parse(JSON.stringify(evidence)), evidence);
  });
});

/** @param parts with their headers. */
function message(parts: readonly string[]): string {
  return `Content-Type: multipart/mixed; boundary=b\r\n\r\n${parts.map((part) => `--b\r\n${part}\r\n`).join("")}--b--\r\n`;
}
