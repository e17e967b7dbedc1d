import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { scanMessage } from "#mail/mime/scanner.ts";
import { findReportPart } from "#mail/reports/report-part.ts";
import { ok } from "#mail/result.ts";
import type { Delivery, Store } from "#store/store.ts";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import { FakeRandom } from "../../../test/fakes/random.ts";
import { openTemporaryStore } from "../../../test/fakes/temporary-store.ts";
import { readReport } from "../inbound/read-report.ts";
import { readDestinations } from "./report-address.ts";
import type { ReportPost } from "./report-posts.ts";
import { type FinishedReport, ReportSender } from "./report-sender.ts";
import { tlsReportJson, tlsTallies } from "./tls-counts.ts";

const TALLIES = tlsTallies([
  {
    day: "2030-01-01",
    domain: "far.example",
    policy: "sts",
    applied: { domain: "far.example", lines: ["version: STSv1", "mode: testing"], mx: ["mx.far.example"] },
    successes: 5,
    failures: 5,
    details: [
      {
        type: "certificate-expired",
        code: "CERT_HAS_EXPIRED",
        mxName: "mx.far.example",
        mxAddress: "192.0.2.9",
        ownAddress: "192.0.2.1",
        count: 2,
      },
      { type: "sts-policy-fetch-error", code: "", mxName: "mx.far.example", mxAddress: "", ownAddress: "", count: 1 },
    ],
  },
  {
    day: "2030-01-01",
    domain: "far.example",
    policy: "no-policy-found",
    applied: undefined,
    successes: 1,
    failures: 0,
    details: [],
  },
]);
const JSON_TEXT = JSON.stringify(
  tlsReportJson(TALLIES, {
    organization: "Local",
    contact: "postmaster@local.test",
    reportId: "id@mx.local.test",
    day: "2030-01-01",
  }),
);
const REPORT: FinishedReport = {
  kind: "tls",
  domain: "far.example",
  reportId: "id@mx.local.test",
  begin: 1_893_456_000,
  end: 1_893_542_399,
  text: JSON_TEXT,
};

class World {
  readonly clock = new FakeClock();
  readonly log = new FakeLog();
  readonly deliveries: Delivery[] = [];
  readonly posts: ReportPost[] = [];
  readonly sender: ReportSender;

  constructor(store?: Pick<Store, "deliver">) {
    this.sender = new ReportSender({
      store: store ?? { deliver: async (delivery) => ok(void this.deliveries.push(delivery) as never) },
      posts: { hand: async (post) => void this.posts.push(post) },
      clock: this.clock,
      random: new FakeRandom(),
      log: this.log,
      hostname: "mx.local.test",
      from: "postmaster@local.test",
      accountsHere: async (address) => (address.endsWith("@local.test") ? [7] : undefined),
    });
  }

  send(list: string, report = REPORT): Promise<void> {
    return this.sender.send(report, readDestinations(list));
  }
}

function textOf({ content }: Delivery): string {
  return content.kind === "octets" ? Buffer.from(content.octets).toString("latin1") : "";
}

suite("reports of ours on their way", () => {
  test("by mail they are what the standard says, and our own reader reads them back (RFC 8460 §5.3)", async () => {
    const world = new World();
    await world.send("mailto:t@far.example");
    const [delivery] = world.deliveries;
    assert.ok(delivery !== undefined);
    const { queued, targets, mailFrom, sending } = delivery;
    assert.deepEqual(
      [queued, targets, mailFrom],
      [[{ address: "t@far.example", notify: ["NEVER"] }], [], "postmaster@local.test"],
    );
    assert.deepEqual([sending?.origin, sending?.account, sending?.priority], ["tls-report", "", 2]);
    const text = textOf(delivery);
    const header = text.slice(0, text.indexOf("\r\n\r\n"));
    for (const line of [
      /^From: <postmaster@local\.test>\r$/m,
      /^To: <t@far\.example>\r$/m,
      /^Subject: Report Domain: far\.example\r\n Submitter: mx\.local\.test\r\n Report-ID: <id@mx\.local\.test>\r$/m,
      /^TLS-Report-Domain: far\.example\r$/m,
      /^TLS-Report-Submitter: mx\.local\.test\r$/m,
      /^Auto-Submitted: auto-generated\r$/m,
      /^Content-Type: multipart\/report; report-type="tlsrpt";\r$/m,
    ]) {
      assert.match(header, line);
    }
    assert.match(text, /filename="mx\.local\.test!far\.example!1893456000!1893542399\.json\.gz"/);
    assert.ok(text.split("\r\n").every((line) => line.length <= 78));
    const octets = Buffer.from(text, "latin1");
    const found = findReportPart(scanMessage(octets), "postmaster@local.test");
    assert.equal(found?.form, "tls");
    const read = await readReport(
      found,
      octets.subarray(found.part.bodyStart, found.part.bodyEnd),
      async () => undefined,
    );
    assert.deepEqual(read.ok && read.value.kind === "tls" ? read.value.policies : read, [
      {
        type: "sts",
        domain: "far.example",
        successes: 5,
        failures: 5,
        details: [
          {
            type: "certificate-expired",
            mx: "mx.far.example",
            sendingIp: "192.0.2.1",
            count: 2,
            reason: "CERT_HAS_EXPIRED",
          },
          { type: "sts-policy-fetch-error", mx: "mx.far.example", sendingIp: "", count: 1, reason: "" },
        ],
      },
      { type: "no-policy-found", domain: "far.example", successes: 1, failures: 0, details: [] },
    ]);
  });

  test("the other kind has its own media type and name (RFC 9990 §3.5.2)", async () => {
    const world = new World();
    await world.send("mailto:d@far.example", { ...REPORT, kind: "dmarc", text: "<feedback></feedback>" });
    const text = textOf(world.deliveries[0] as Delivery);
    assert.match(text, /Content-Type: application\/gzip\r\n/);
    assert.match(text, /filename="mx\.local\.test!far\.example!1893456000!1893542399\.xml\.gz"/);
    assert.doesNotMatch(text, /TLS-Report/);
    assert.equal(world.deliveries[0]?.sending?.origin, "own");
  });

  test("into a mailbox here they go without the queue", async () => {
    const world = new World();
    await world.send("mailto:postmaster@local.test");
    const [delivery] = world.deliveries;
    assert.deepEqual(delivery?.targets, [{ accountId: 7, folder: "inbox", flags: [] }]);
    assert.deepEqual(delivery?.queued, []);
  });

  test("nobody gets more than it takes (`!1k`)", async () => {
    const world = new World();
    await world.send("mailto:small@far.example!1k,mailto:large@far.example!1m");
    assert.deepEqual(
      world.deliveries.map(({ queued }) => queued[0]?.address),
      ["large@far.example"],
    );
    assert.equal(world.log.lines[0]?.event, "report-too-large");
  });

  test("over HTTPS they are handed in packed, whose report it is beside them", async () => {
    const world = new World();
    await world.send("https://far.example/report");
    assert.deepEqual(
      world.posts.map(({ kind, domain, url }) => [kind, domain, url]),
      [["tls", "far.example", "https://far.example/report"]],
    );
    assert.equal(gunzipSync(world.posts[0]?.packed ?? "").toString(), JSON_TEXT);
  });

  test("the real store takes them into its queue", async (context) => {
    const store = await openTemporaryStore(context);
    await new World(store).send("mailto:t@far.example");
    const [entry] = await store.listQueue({ limit: 10 });
    assert.equal(entry?.message.mailFrom, "postmaster@local.test");
    assert.equal(entry?.message.origin, "tls-report");
  });
});
