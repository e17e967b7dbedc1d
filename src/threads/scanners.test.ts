import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { FakeScanner } from "../../test/fakes/scanner.ts";
import type { Settings } from "../config/settings.ts";
import type { MessageOctets } from "../evidence/content/message-octets.ts";
import { octetsInMemory } from "../evidence/content/message-octets.ts";
import { scanMessage } from "../mail/mime/scanner.ts";
import type { ArrivedMessage } from "../reception/evidence-gathering.ts";
import type { ScanOrigin } from "../reception/message-scan.ts";
import { openScanners } from "./scanners.ts";

const MESSAGE = Buffer.from("Received: by us\r\nSubject: x\r\n\r\nhello\r\n");

interface Asked {
  readonly rules?: Partial<Settings["rules"]>;
  readonly milters?: readonly (readonly ["smtp" | "submission" | "lmtp", ...("smtp" | "submission" | "lmtp")[]])[];
}

function world({ rules = {}, milters = [] }: Asked) {
  const clock = new FakeClock();
  const log = new FakeLog();
  const alerts: string[] = [];
  const dialer = new FakeScanner();
  dialer.refusal = { code: "ECONNREFUSED" };
  const settings = {
    hostname: "mx.local.test",
    antivirus: { clamd: "/clamd", timeoutMs: 1000, maxOctets: 1_000_000, whenUnavailable: "defer" },
    milters: milters.map((listeners, index) => ({
      at: `/milter-${index}`,
      timeoutMs: 1000,
      whenUnavailable: "defer",
      listeners,
    })),
    rules: { antivirus: "enforce", milter: "enforce", ...rules },
  } as unknown as Settings;
  const gate = { alert: ({ subject }: { subject: string }) => void alerts.push(subject), settled: () => undefined };
  const scanners = openScanners({ settings, version: "1", dialer, clock, log, gate });
  return { scanners, alerts, log, dialer };
}

function arrived(octets: MessageOctets): ArrivedMessage {
  return {
    octets,
    index: scanMessage(MESSAGE),
    digest: undefined,
    prefix: MESSAGE.subarray(0, MESSAGE.indexOf("Subject")),
    envelope: { port: 1, tls: undefined, login: undefined, recipients: [], leavesServer: false },
  };
}

function from(listener: ScanOrigin["listener"]): ScanOrigin {
  return {
    ...arrived(octetsInMemory(MESSAGE)).envelope,
    id: "ID",
    listener,
    address: "198.51.100.7",
    clientName: "c.example",
    reverseName: undefined,
    mailFrom: "",
  };
}

suite("scanners as the settings name them", () => {
  test("there are none where none is set up, or all are off", () => {
    assert.equal(world({ rules: { antivirus: "off" } }).scanners, undefined);
    assert.equal(world({ rules: { antivirus: "off", milter: "off" }, milters: [["smtp"]] }).scanners, undefined);
  });

  test("each milter sees the mail of its listeners, clamd that of all", async () => {
    const { scanners } = world({ milters: [["smtp"], ["submission"], ["smtp", "lmtp"]] });
    const seen = async (listener: ScanOrigin["listener"]): Promise<readonly string[]> => {
      const found = await scanners?.scan(
        arrived(octetsInMemory(MESSAGE)),
        from(listener),
        new AbortController().signal,
      );
      return [found?.antivirus?.scanner ?? "", ...(found?.milters?.milters ?? []).map(({ milter }) => milter)];
    };
    assert.deepEqual(await seen("smtp"), ["/clamd", "/milter-0", "/milter-2"]);
    assert.deepEqual(await seen("submission"), ["/clamd", "/milter-1"]);
    assert.deepEqual(await seen("lmtp"), ["/clamd", "/milter-2"]);
  });

  test("a message that cannot be read was not scanned, and somebody is told", async () => {
    const { scanners, alerts, log, dialer } = world({ milters: [["smtp"]] });
    dialer.refusal = undefined;
    const broken: MessageOctets = { read: () => Promise.reject(new Error("the disk is gone")) };
    const found = await scanners?.scan(arrived(broken), from("smtp"), new AbortController().signal);
    const results = [found?.antivirus?.result, found?.milters?.milters[0]?.result];
    for (const result of results) {
      assert.deepEqual(result, { kind: "unavailable", why: "broken", detail: "Error: the disk is gone" });
    }
    assert.deepEqual(alerts.toSorted(), ["/clamd", "/milter-0"]);
    assert.equal(log.lines.filter(({ event }) => event === "not-scanned").length, 2);
    assert.equal(dialer.open, 0);
  });

  test("nobody is told of a scan that a client's going ended", async () => {
    const { scanners, alerts } = world({});
    const gone = new AbortController();
    gone.abort();
    await scanners?.scan(arrived(octetsInMemory(MESSAGE)), from("smtp"), gone.signal);
    assert.deepEqual(alerts, []);
  });
});
