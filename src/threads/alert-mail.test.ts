import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { settingsFrom } from "#config/load.ts";
import type { Settings } from "#config/settings.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeRandom } from "../../test/fakes/random.ts";
import { openTemporaryStore } from "../../test/fakes/temporary-store.ts";
import type { RaisedAlert } from "./alert.ts";
import { adminAccounts, alertMessage, mailAlert } from "./alert-mail.ts";

const settings = load();
const alert: RaisedAlert = {
  name: "list-dead",
  subject: "bl.test",
  text: `The list bl.test ${"says nothing any more ".repeat(10)}.`,
  remedy: "Take it out.",
  evidence: ["2030-01-01 asked", "escape \u001b[31m and\r\nX-Injected: yes"],
  firstMs: 0,
  lastMs: 0,
  times: 3,
};

suite("an alert by mail", () => {
  test("is a message whose lines fit, and that nothing answers (RFC 3834)", () => {
    const text = alertMessage(alert, { settings, unmailed: 2, atMs: Date.UTC(2030, 0, 1), id: "ID" });
    const [header = "", body = ""] = text.split("\r\n\r\n", 1).concat(text.slice(text.indexOf("\r\n\r\n") + 4));
    assert.deepEqual(header.split("\r\n"), [
      "From: Postern <MAILER-DAEMON@mx1.example.com>",
      "To: <admin@example.com>",
      "Subject: [Postern] list-dead: bl.test",
      "Date: Tue, 01 Jan 2030 00:00:00 +0000",
      "Message-ID: <ID@mx1.example.com>",
      "Auto-Submitted: auto-generated",
      "MIME-Version: 1.0",
      "Content-Type: text/plain; charset=utf-8",
      "Content-Transfer-Encoding: 8bit",
    ]);
    assert.ok(body.split("\r\n").every((line) => line.length <= 80));
    assert.match(body, /Take it out\.\r\n/);
    assert.match(body, /Raised 3 times\./);
    assert.match(body, /2 more of this kind came since the last mail/);
  });

  test("what clients said begins no field and moves no cursor", () => {
    const evil = { ...alert, subject: "a\r\nBcc: everybody@example.com\u0000é" };
    const text = alertMessage(evil, { settings, unmailed: 0, atMs: 0, id: "ID" });
    assert.doesNotMatch(text, /^Bcc:|^X-Injected:/m);
    assert.doesNotMatch(text.replaceAll("\r\n", ""), /\p{Cc}/u);
  });

  test("is in the mailbox of who reads the administrator's mail, by an alias too", async (t) => {
    const clock = new FakeClock();
    const store = await openTemporaryStore(t, clock);
    const options = { store, clock, random: new FakeRandom() };
    await assert.rejects(mailAlert(settings, alert, 0, options), /admin@example\.com is no account/);
    const carol = await store.createAccount({ address: "carol@example.com", quotaOctets: null, nowMs: 0 });
    assert.ok(carol.ok);
    await store.putAlias("admin@example.com", ["carol@example.com"]);
    assert.deepEqual(await adminAccounts(settings, options), [carol.value.id]);
    await mailAlert(settings, alert, 0, options);
    const inbox = await store.findFolder(carol.value.id, "INBOX");
    const [row] = await store.fetchRows(inbox?.id ?? 0, [1], { index: false });
    const content = await store.readContent(row?.blobId ?? 0, 0, 200);
    assert.match(Buffer.from(content ?? []).toString(), /^Return-Path: <>\r\nFrom: Postern /);
  });
});

function load(): Settings {
  const machine = { defaultGateways: () => [], mayBindLowPorts: () => false, hasIpv6: () => false };
  const source = 'hostname = "mx1.example.com"\nadmin = "admin@example.com"\n[[domain]]\nname = "example.com"\n';
  const loaded = settingsFrom(source, { file: "/srv/postern.toml", shownAs: "postern.toml" }, machine);
  assert.ok(loaded.ok);
  return loaded.value.settings;
}
