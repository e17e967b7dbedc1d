import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { metricsText } from "./metrics-text.ts";
import { createWebApp, type WebClient } from "./web-app.ts";
import type { WebSettings } from "./web-settings.ts";

const settings: WebSettings = {
  hostname: "mx1.example.com",
  domains: [
    {
      name: "example.com",
      mtaSts: { mode: "enforce", maxAgeSeconds: 86_400, mx: ["mx1.example.com", "*.example.net"] },
    },
    { name: "example.org", mtaSts: { mode: "none", maxAgeSeconds: 604_800, mx: ["mx1.example.com"] } },
  ],
  services: [
    { protocol: "imap", port: 993, tls: "implicit" },
    { protocol: "pop3", port: 995, tls: "implicit" },
    { protocol: "submission", port: 465, tls: "implicit" },
    { protocol: "submission", port: 587, tls: "starttls" },
  ],
};

const keyAuthorization = (token: string): string | undefined => (token === "token" ? "token.thumbprint" : undefined);
const metrics = async (): Promise<string> => "postern_info 1\n";
const app = createWebApp({ settings, httpsPort: 443, keyAuthorization, metrics });
const ADDRESS = "198.51.100.7";
const SECURE = { address: ADDRESS, isSecure: true, isPrivate: false, isLocal: false };
const PLAIN = { address: ADDRESS, isSecure: false, isPrivate: false, isLocal: false };

async function ask(
  url: string,
  client: WebClient = SECURE,
  init?: RequestInit,
): Promise<Response & { readonly page: string }> {
  const response = await app.respond(new Request(url, init), client);
  return Object.assign(response, { page: await response.text() });
}

/** What Outlook asks with. */
function discover(address: string): RequestInit {
  return {
    method: "POST",
    body: `<?xml version="1.0"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request><EMailAddress>${address}</EMailAddress></Request></Autodiscover>`,
  };
}

suite("MTA-STS (RFC 8461)", () => {
  test("serves each domain's policy at its own name", async () => {
    const { status, headers, page } = await ask("https://mta-sts.example.com/.well-known/mta-sts.txt");
    assert.equal(status, 200);
    assert.match(headers.get("content-type") ?? "", /^text\/plain/); // §3.3
    assert.equal(
      page,
      "version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\nmx: *.example.net\r\nmax_age: 86400\r\n",
    );
    const other = await ask("https://mta-sts.example.org/.well-known/mta-sts.txt");
    assert.match(other.page, /mode: none/);
  });

  test("serves it under no other name", async () => {
    for (const host of ["mx1.example.com", "example.com", "autoconfig.example.com"]) {
      assert.equal((await ask(`https://${host}/.well-known/mta-sts.txt`)).status, 404);
    }
    assert.equal((await ask("https://mta-sts.other.example/.well-known/mta-sts.txt")).status, 421);
  });
});

suite("settings for mail programs", () => {
  test("autoconfig at every place where it is looked for, best first", async () => {
    for (const url of [
      "https://autoconfig.example.com/mail/config-v1.1.xml?emailaddress=alice@example.com",
      "https://autoconfig.example.com/mail/config-v1.1.xml",
      "https://example.com/.well-known/autoconfig/mail/config-v1.1.xml",
      "https://mx1.example.com/mail/config-v1.1.xml?emailaddress=ALICE@EXAMPLE.COM",
    ]) {
      const { status, headers, page } = await ask(url);
      assert.equal(status, 200, url);
      assert.match(headers.get("content-type") ?? "", /^text\/xml/);
      assert.match(page, /<emailProvider id="example\.com">/);
      const ports = [...page.matchAll(/<port>(\d+)<\/port>\s+<socketType>(\w+)</g)].map(
        ([, port, tls]) => `${port} ${tls}`,
      );
      assert.deepEqual(ports, ["993 SSL", "995 SSL", "465 SSL", "587 STARTTLS"]);
    }
  });

  test("says nothing of other people's domains, and the same of an account that is not there", async () => {
    const url = "https://mx1.example.com/mail/config-v1.1.xml?emailaddress=";
    assert.equal((await ask(`${url}a@other.example`)).status, 404);
    assert.equal((await ask(`${url}nobody`)).status, 404);
    assert.equal((await ask(`${url}alice@example.com`)).page, (await ask(`${url}nobody@example.com`)).page);
  });

  test("autodiscover for Outlook", async () => {
    for (const path of ["/autodiscover/autodiscover.xml", "/Autodiscover/Autodiscover.xml"]) {
      const { status, page } = await ask(
        `https://autodiscover.example.com${path}`,
        SECURE,
        discover("bob@example.com"),
      );
      assert.equal(status, 200);
      assert.deepEqual(
        [...page.matchAll(/<Type>(\w+)</g)].map(([, type]) => type),
        ["IMAP", "POP3", "SMTP", "SMTP"],
      );
      assert.match(page, /<LoginName>bob@example\.com<\/LoginName>/);
    }
  });

  test("autodiscover reads one element, and no XML", async () => {
    const url = "https://autodiscover.example.com/autodiscover/autodiscover.xml";
    for (const address of [
      "",
      "bob",
      "&x;@example.com",
      "a<b>@example.com",
      "bob@other.example",
      `${"x".repeat(300)}@example.com`,
    ]) {
      assert.equal((await ask(url, SECURE, discover(address))).status, 404, address);
    }
    assert.equal((await ask(url, SECURE, { method: "POST", body: "<".repeat(60_000) })).status, 404);
  });

  test("a profile for Apple's devices, always the same, without a password", async () => {
    const url = "https://autoconfig.example.com/mail/apple.mobileconfig?address=alice@example.com";
    const { status, headers, page } = await ask(url);
    assert.equal(status, 200);
    assert.equal(headers.get("content-type"), "application/x-apple-aspen-config");
    assert.match(page, /<key>IncomingMailServerHostName<\/key><string>mx1\.example\.com<\/string>/);
    assert.match(page, /<key>IncomingMailServerPortNumber<\/key><integer>993<\/integer>/);
    assert.doesNotMatch(page, /<key>(?:Incoming|Outgoing)Password<\/key>/);
    assert.equal((await ask(url)).page, page);
    assert.equal(
      (await ask("https://autoconfig.example.com/mail/apple.mobileconfig?address=a@other.example")).status,
      404,
    );
  });

  test("what a client says is escaped where it is repeated", async () => {
    const address = encodeURIComponent(`a"<script>&'@example.com`);
    const { page } = await ask(`https://example.com/mail/apple.mobileconfig?address=${address}`);
    assert.match(page, /a&quot;&lt;script&gt;&amp;&apos;@example\.com/);
    assert.doesNotMatch(page, /<script>/);
  });
});

suite("doors", () => {
  test("a challenge is answered under any name, with and without TLS (RFC 8555 §8.3)", async () => {
    for (const client of [SECURE, PLAIN]) {
      const { status, page } = await ask("http://any.example/.well-known/acme-challenge/token", client);
      assert.equal(status, 200);
      assert.equal(page, "token.thumbprint");
    }
    assert.equal((await ask("http://any.example/.well-known/acme-challenge/other", PLAIN)).status, 404);
  });

  test("everything else leads to HTTPS, where the name is ours", async () => {
    const { status, headers } = await ask(
      "http://autoconfig.example.com/mail/config-v1.1.xml?emailaddress=a@example.com",
      PLAIN,
    );
    assert.equal(status, 308);
    assert.equal(
      headers.get("location"),
      "https://autoconfig.example.com/mail/config-v1.1.xml?emailaddress=a@example.com",
    );
    assert.equal((await ask("http://other.example/", PLAIN)).status, 421);
  });

  test("a proxy on this machine gets the pages themselves", async () => {
    const { status } = await ask("http://mta-sts.example.com/.well-known/mta-sts.txt", {
      isSecure: false,
      address: ADDRESS,
      isPrivate: true,
      isLocal: false,
    });
    assert.equal(status, 200);
  });

  test("every answer has the headers that keep browsers from doing more with it", async () => {
    for (const url of ["https://mx1.example.com/", "https://mx1.example.com/nothing", "https://other.example/"]) {
      const { headers } = await ask(url);
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.equal(headers.get("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
      assert.match(headers.get("strict-transport-security") ?? "", /^max-age=/);
    }
    const plain = await ask("http://mx1.example.com/", PLAIN);
    assert.equal(plain.headers.has("strict-transport-security"), false); // RFC 6797 §7.2
  });
});

suite("metrics", () => {
  const LOCAL = { ...PLAIN, isLocal: true };

  test("are for this machine", async () => {
    const { status, headers, page } = await ask("http://127.0.0.1:8080/metrics", LOCAL);
    assert.deepEqual([status, page], [200, "postern_info 1\n"]);
    assert.equal(headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  });

  test("are for nobody else, nor for those whom a proxy on this machine lets in", async () => {
    assert.equal((await ask("https://mx1.example.com/metrics")).status, 404);
    for (const name of ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"]) {
      const asked = await ask("http://127.0.0.1/metrics", LOCAL, { headers: { [name]: "198.51.100.7" } });
      assert.equal(asked.status, 404, name);
    }
  });

  test("are not for who asks for a name of ours, as through a proxy that says nothing of itself", async () => {
    for (const host of ["mx1.example.com", "example.com", "192.0.2.1", "localhost.example.com"]) {
      assert.equal((await ask(`http://${host}/metrics`, LOCAL)).status, 404, host);
    }
    for (const host of ["localhost:9100", "[::1]", "127.0.0.1"]) {
      assert.equal((await ask(`http://${host}/metrics`, LOCAL)).status, 200, host);
    }
  });

  test("with a token are for who shows it, from elsewhere inside TLS alone, and for nobody without", async () => {
    const metricsToken = "0123456789abcdef";
    const guarded = createWebApp({
      settings: { ...settings, metricsToken },
      httpsPort: 443,
      keyAuthorization,
      metrics,
    });
    const status = async (url: string, client: WebClient, authorization?: string): Promise<number> => {
      const headers = new Headers(authorization === undefined ? [] : [["authorization", authorization]]);
      return (await guarded.respond(new Request(url, { headers }), client)).status;
    };
    const bearer = `Bearer ${metricsToken}`;
    assert.equal(await status("http://127.0.0.1/metrics", LOCAL, bearer), 200);
    assert.equal(await status("https://mx1.example.com/metrics", SECURE, bearer), 200);
    assert.equal(await status("http://mx1.example.com/metrics", PLAIN, bearer), 404);
    for (const wrong of [undefined, "Bearer ", "Bearer 0123456789abcdeg", "Basic 0123456789abcdef", metricsToken]) {
      assert.equal(await status("http://127.0.0.1/metrics", LOCAL, wrong), 404, wrong);
    }
  });

  test("a server that is just beginning has none", async () => {
    const young = createWebApp({
      settings,
      httpsPort: 443,
      keyAuthorization,
      metrics: () => Promise.resolve(undefined),
    });
    assert.equal((await young.respond(new Request("http://127.0.0.1/metrics"), LOCAL)).status, 503);
  });

  test("labels and help keep to their line", () => {
    const samples = [{ labels: { name: 'a"b\\c\nd' }, value: 3 }];
    assert.equal(
      metricsText([{ name: "x_total", kind: "counter", help: "one\ntwo", samples }]),
      '# HELP x_total one\\ntwo\n# TYPE x_total counter\nx_total{name="a\\"b\\\\c\\nd"} 3\n',
    );
  });
});
