import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Browser } from "./chromium.ts";
import { freePorts } from "./ports.ts";
import { alice, type PosternServer, startServer } from "./server.ts";

const HOST = "mx.example.test";

let server: PosternServer;
let browser: Browser;
let origin: string;
let authenticatorId: unknown;

before(async () => {
  const [port = 0] = await freePorts(1);
  origin = `https://${HOST}:${port}`;
  const listener = `[[listener]]\nprotocol = "http"\nbind = "127.0.0.1:${port}"\ntls = "implicit"\n`;
  server = await startServer({ hostname: HOST, settings: `${listener}[threads]\nfront = 2\n` });
  await logged(/"msg":"started"/); // it takes commands from then on
  const certificate = new X509Certificate(readFileSync(join(server.folder, "cert.pem")));
  const key = certificate.publicKey.export({ type: "spki", format: "der" });
  const believes = createHash("sha256").update(key).digest("base64");
  browser = await Browser.open({ folder: server.folder, host: HOST, believes });
  await browser.call("WebAuthn.enable");
  const device = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true };
  const options = { ...device, isUserVerified: true, automaticPresenceSimulation: true };
  ({ authenticatorId } = await browser.call("WebAuthn.addVirtualAuthenticator", { options }));
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

interface Listed {
  readonly passkeys: readonly { readonly name: string; readonly lastUsedMs: number | null }[];
  readonly links: readonly { readonly name: string }[];
}

async function passkey<Value>(word: string, ...more: readonly string[]): Promise<Value> {
  const said = await server.command(["account", "passkey", word, alice.user, ...more, "--json"]);
  return (JSON.parse(said) as { readonly value: Value }).value;
}

async function open(url: string): Promise<void> {
  await browser.call("Page.navigate", { url: "about:blank" }); // another fragment alone would load nothing
  await browser.call("Page.navigate", { url });
  await browser.until("!document.querySelector('main button')?.disabled && document.readyState === 'complete'");
}

/** Presses a button that can be seen, and waits for what the page says to it. */
async function press(id: string): Promise<unknown> {
  await browser.until(`document.getElementById("${id}").checkVisibility()`);
  await browser.evaluate(`document.getElementById("${id}").click()`);
  return browser.until(`document.getElementById("status").textContent`);
}

function told(): Promise<unknown> {
  return browser.until(`document.getElementById("status").textContent`);
}

const MADE = "The passkey is made.";
const WORKS = "It works: the server knows you by “phone”.";

test("a passkey is made in Chromium, tried, listed and removed, and then it works no more", async () => {
  const { url } = await passkey<{ url: string }>("add", "--name", "phone");
  assert.ok(url.startsWith(`${origin}/passkey#`));
  await open(url);
  assert.equal(await browser.until(`document.getElementById("address").textContent`), alice.user);
  assert.equal(await browser.evaluate("location.href"), `${origin}/passkey`, "the token does not stay in the address");
  assert.equal(await press("make"), MADE);
  assert.equal(await browser.evaluate(`document.getElementById("make").checkVisibility()`), false);
  assert.equal(await press("try"), WORKS);
  const { passkeys } = await passkey<Listed>("list");
  assert.deepEqual(
    passkeys.map(({ name, lastUsedMs }) => [name, typeof lastUsedMs]),
    [["phone", "number"]],
  );

  await open(url);
  assert.equal(await press("try"), WORKS, "the link is used, and tries what it made until its end");
  await passkey("remove", "phone");
  assert.equal(await press("try"), "This passkey is not known here. It may have been removed.");
  assert.deepEqual(await passkey<Listed>("list"), { passkeys: [], links: [] });
  checkQuiet(url.split("#")[1] ?? "");
});

test("a link is good once, and one that nobody made is not", async () => {
  const { url } = await passkey<{ url: string }>("add", "--name", "tablet");
  await open(url);
  assert.equal(await press("make"), MADE);
  await open(`${url}x`);
  assert.equal(await told(), "This link is not good, or not any more. Ask for another one.");
  await open(`${origin}/passkey`);
  assert.equal(await told(), "This page needs the whole link, as it was given to you. Open it once more.");
});

test("a device makes one passkey for an account, and none for who cannot unlock it", async () => {
  const { url } = await passkey<{ url: string }>("add", "--name", "again");
  await open(url);
  assert.equal(await press("make"), "This device has a passkey for this account already.");
  await browser.call("WebAuthn.clearCredentials", { authenticatorId });
  await browser.call("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
  assert.equal(await press("make"), "It was cancelled, or took too long. Try again.");
  await browser.call("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: true });
  assert.equal(await press("make"), MADE);
});

test("a copy that was used less often than its original is found out", async () => {
  const { credentials } = await browser.call("WebAuthn.getCredentials", { authenticatorId });
  const [credential] = credentials as readonly { readonly credentialId: string; readonly signCount: number }[];
  assert.ok(credential);
  assert.match(String(await press("try")), /^It works/);
  assert.match(String(await press("try")), /^It works/);
  await browser.call("WebAuthn.removeCredential", { authenticatorId, credentialId: credential.credentialId });
  await browser.call("WebAuthn.addCredential", { authenticatorId, credential });
  assert.match(String(await press("try")), /^This passkey seems to be a copy/);
  await logged(/"level":40,.*"reason":"counter-went-back".*"msg":"passkey-refused"/);
});

/** Until the server has said it. */
async function logged(line: RegExp): Promise<void> {
  for (let attempt = 0; attempt < 300 && !line.test(server.log()); attempt++) await sleep(100);
  assert.match(server.log(), line);
}

/** Nothing went to anybody else, the page broke no rule of its own, and the token stands in no address, no referrer and no log. */
function checkQuiet(token: string): void {
  const requests = browser.events
    .filter(({ method }) => method === "Network.requestWillBeSent")
    .map(({ params }) => params["request"] as { url: string; headers: Readonly<Record<string, string>> })
    .filter(({ url }) => url !== "about:blank");
  assert.ok(requests.length > 5);
  for (const { url, headers } of requests) {
    assert.ok(url.startsWith(`${origin}/`), url);
    assert.ok(!url.includes(token) && !JSON.stringify(headers).includes(token), url);
  }
  assert.ok(!server.log().includes(token));
  const wrong = browser.events.filter(
    ({ method, params }) =>
      method === "Runtime.exceptionThrown" ||
      (method === "Log.entryAdded" && JSON.stringify(params).includes("Content Security Policy")),
  );
  assert.deepEqual(wrong, []);
}
