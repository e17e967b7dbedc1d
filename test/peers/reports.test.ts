/** A day's aggregate report of ours, from the decisions to the queue, read by Python. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ReportSender } from "#reports/outbound/report-sender.ts";
import { READ_OCTETS_MAX } from "#store/limits.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeLog } from "../fakes/log.ts";
import { FakeRandom } from "../fakes/random.ts";
import { decided, ReportWorld } from "../fakes/report-world.ts";
import { openTemporaryStore } from "../fakes/temporary-store.ts";
import { must } from "./process.ts";

const HOUR_MS = 3_600_000;

test("Python's own XML reads what we report", async (context) => {
  const store = await openTemporaryStore(context);
  const records = [decided(), decided({ id: "2" }), decided({ id: "3", disposition: "accept" }, { result: "pass" })];
  const row = (record: (typeof records)[number]) => JSON.stringify(record);
  await store.putDecisions(
    records.map((record) => ({ id: record.id, atMs: record.atMs, keys: [], record: row(record) })),
  );
  const clock = new FakeClock(Date.UTC(2030, 0, 1, 23));
  const sender = new ReportSender({
    store,
    posts: { hand: () => Promise.reject(new Error("not asked for")) },
    clock,
    random: new FakeRandom(),
    log: new FakeLog(),
    hostname: "mx.local.test",
    from: "postmaster@local.test",
    accountsHere: () => Promise.resolve(undefined),
  });
  const names = { "_dmarc.sender.example": { TXT: ["v=DMARC1; p=reject; rua=mailto:d@sender.example"] } };
  const world = new ReportWorld(store, names, { sender, organization: "Local <&> Sons" }, clock);
  await world.pass(6 * HOUR_MS);
  await world.reports.close();
  const [entry] = await store.listQueue({ limit: 10 });
  assert.ok(entry !== undefined);
  const message = await store.readContent(entry.message.blobId, 0, READ_OCTETS_MAX);
  const script = fileURLToPath(new URL("read-aggregate.py", import.meta.url));
  const read = JSON.parse(await must("python3", [script], { input: Buffer.from(message ?? []) })) as unknown;
  assert.deepEqual(read, {
    defects: [],
    subject:
      "Report Domain: sender.example Submitter: mx.local.test Report-ID: <2030-01-01.sender.example@mx.local.test>",
    types: ["multipart/mixed", "text/plain", "application/gzip"],
    file: "mx.local.test!sender.example!1893456000!1893542399.xml.gz",
    root: "{urn:ietf:params:xml:ns:dmarc-2.0}feedback",
    domain: ["sender.example"],
    range: ["1893456000", "1893542399"],
    organization: ["Local <&> Sons"],
    sources: ["198.51.100.7", "198.51.100.7"],
    counts: ["2", "1"],
    dispositions: ["reject", "pass"],
    spf: ["pass", "pass"],
  });
});
