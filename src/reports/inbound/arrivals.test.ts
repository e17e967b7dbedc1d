import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { gzipSync } from "node:zlib";
import { scanMessage } from "#mail/mime/scanner.ts";
import type { AccountId, Store } from "#store/store.ts";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import { openTemporaryStore } from "../../../test/fakes/temporary-store.ts";
import { ARRIVALS_WAITING_MAX, REPORT_PART_OCTETS_MAX } from "../limits.ts";
import { ReportArrivals, type StoredArrival } from "./arrivals.ts";

const XML = `<feedback><report_metadata><org_name>Receiver</org_name><report_id>1</report_id>
  <date_range><begin>1893456000</begin><end>1893542399</end></date_range></report_metadata>
  <policy_published><domain>local.test</domain><p>none</p></policy_published>
  <record><row><source_ip>192.0.2.1</source_ip><count>4</count><policy_evaluated><disposition>none</disposition>
  <dkim>fail</dkim><spf>fail</spf></policy_evaluated></row></record></feedback>`;
const EVER = { sinceMs: 0, limit: 100 };

function message(packed: Uint8Array): Buffer {
  const lines = [
    "From: <dmarc@receiver.test>",
    "Content-Type: application/gzip",
    "Content-Transfer-Encoding: base64",
    'Content-Disposition: attachment; filename="receiver.test!local.test!1893456000!1893542399.xml.gz"',
    "",
    Buffer.from(packed).toString("base64").replace(/.{76}/g, "$&\r\n"),
    "",
  ];
  return Buffer.from(lines.join("\r\n"));
}

class World {
  readonly log = new FakeLog();
  readonly arrivals: ReportArrivals;
  readonly store: Store;
  #account: AccountId | undefined;
  #count = 0;

  constructor(store: Store) {
    this.store = store;
    this.arrivals = new ReportArrivals({
      store,
      clock: new FakeClock(),
      log: this.log,
      isReportAddress: (address) => address === "postmaster@local.test",
    });
  }

  /** A message that was delivered, and what is told of it. */
  async stored(octets: Buffer, changes: Partial<StoredArrival> = {}): Promise<StoredArrival> {
    this.#account ??= await this.#makeAccount();
    const index = scanMessage(octets);
    const delivered = await this.store.deliver({
      content: { kind: "octets", octets: Buffer.from(octets) },
      prefix: new Uint8Array(0),
      index,
      receivedAtMs: 50,
      targets: [{ accountId: this.#account, folder: "inbox", flags: [] }],
      queued: [],
      mailFrom: "dmarc@receiver.test",
    });
    assert.ok(delivered.ok);
    return {
      message: `message ${this.#count++}`,
      receivedMs: 50,
      sender: "receiver.test",
      isProven: true,
      recipients: ["postmaster@local.test"],
      mailFrom: "dmarc@receiver.test",
      index,
      placed: delivered.value,
      ...changes,
    };
  }

  async arrived(...arrivals: readonly StoredArrival[]): Promise<number> {
    for (const arrival of arrivals) this.arrivals.arrived(arrival);
    await this.arrivals.settled();
    return (await this.store.listReports(EVER)).length;
  }

  async #makeAccount(): Promise<AccountId> {
    const account = await this.store.createAccount({ address: "postmaster@local.test", quotaOctets: null, nowMs: 1 });
    assert.ok(account.ok);
    return account.value.id;
  }
}

suite("reports that arrive", () => {
  test("are read and kept, with their sums", async (context) => {
    const world = new World(await openTemporaryStore(context));
    assert.equal(await world.arrived(await world.stored(message(gzipSync(XML)))), 1);
    const [row] = await world.store.listReports(EVER);
    assert.ok(row !== undefined);
    const { report, id: _id, ...about } = row;
    assert.deepEqual(about, {
      kind: "dmarc",
      domain: "local.test",
      reporter: "Receiver",
      key: "dmarc receiver.test local.test 1",
      beginMs: 1_893_456_000_000,
      endMs: 1_893_542_399_000,
      receivedMs: 50,
      sender: "receiver.test",
      isProven: true,
      total: 4,
      failed: 4,
    });
    assert.equal((JSON.parse(report) as { rows: unknown[] }).rows.length, 1);
  });

  test("twice are kept once; one that nobody stands behind keeps no other away", async (context) => {
    const world = new World(await openTemporaryStore(context));
    const octets = message(gzipSync(XML));
    const forged = await world.stored(octets, { isProven: false });
    assert.equal(await world.arrived(forged, await world.stored(octets), await world.stored(octets)), 2);
  });

  test("for other addresses are other people's mail", async (context) => {
    const world = new World(await openTemporaryStore(context));
    const arrival = await world.stored(message(gzipSync(XML)), { recipients: ["alice@local.test"] });
    assert.equal(await world.arrived(arrival), 0);
  });

  test("as a bomb are not unpacked, and the next one is read", async (context) => {
    const world = new World(await openTemporaryStore(context));
    const bomb = await world.stored(message(gzipSync(Buffer.alloc(64 * 1024 * 1024, " "))));
    assert.equal(await world.arrived(bomb, await world.stored(message(gzipSync(XML)))), 1);
    assert.deepEqual(
      world.log.lines.map(({ event, fields }) => [event, fields["cause"]]),
      [
        ["report-not-read", "too-large"],
        ["report", undefined],
      ],
    );
  });

  test("that are huge are not looked at", async (context) => {
    const world = new World(await openTemporaryStore(context));
    const huge = await world.stored(message(Buffer.alloc(REPORT_PART_OCTETS_MAX, "x")));
    assert.equal(await world.arrived(huge), 0);
    assert.equal(world.log.lines[0]?.fields["cause"], "too much");
  });

  test("in a flood are read as far as the bound goes", async (context) => {
    const world = new World(await openTemporaryStore(context));
    const arrival = await world.stored(message(gzipSync(XML)), { isProven: false });
    const many = Array.from({ length: 3 * ARRIVALS_WAITING_MAX }, (_, i) => ({ ...arrival, message: `m${i}` }));
    assert.equal(await world.arrived(...many), ARRIVALS_WAITING_MAX + 1);
  });

  test("whose mail was removed meanwhile are none", async (context) => {
    const world = new World(await openTemporaryStore(context));
    const arrival = await world.stored(message(gzipSync(XML)));
    const [placed] = arrival.placed;
    assert.ok(placed !== undefined);
    await world.store.expunge(placed.folderId, [placed.uid], { force: true });
    assert.equal(await world.arrived(arrival), 0);
  });
});
