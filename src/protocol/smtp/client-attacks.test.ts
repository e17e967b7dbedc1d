import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import {
  checkCourse as check,
  GREETED,
  LOGGING_IN,
  MESSAGE,
  recipients,
  SETTINGS,
  TWO,
} from "../../../test/fakes/smtp-client-course.ts";
import { ContentEncoder } from "./client-content.ts";
import type { ClientEvent } from "./client-events.ts";
import { ClientSession } from "./client-session.ts";

suite("a server that is not to be trusted", () => {
  test("octets in clear behind the reply to STARTTLS end the session (starttls-injection, RFC 3207 §5)", () => {
    const begun = [...GREETED, "S: 250-peer\\", "S: 250 STARTTLS", "C: STARTTLS"];
    const injected = "failed: starttls octets-behind-starttls";
    check([...begun, "S: 220 go\\", "S: 250 peer"], injected);
    check([...begun, "S: 220 go", "C: <TLS>", "S: 250-peer"], injected);
    check([...begun, "S: 220 go\\", "S: 25"], injected);
  });

  test("replies slipped in ahead of their question end the session", () => {
    check(["S: 220 peer\\", "S: 250 peer"], "failed: greeting out-of-step");
    check([...GREETED, "S: 250 peer\\", "S: 250 OK"], "failed: ready out-of-step");
  });

  test("AUTH: a server that says yes to SCRAM without proof is not believed", () => {
    check(
      [
        ...GREETED,
        "S: 250-peer\\",
        "S: 250 AUTH SCRAM-SHA-256 PLAIN",
        "C: AUTH SCRAM-SHA-256 biwsbj11c2VyLHI9YWJj",
        "S: 235 in",
      ],
      "failed: auth authentication-refused",
      { settings: LOGGING_IN },
    );
    check(
      [
        ...GREETED,
        "S: 250-peer\\",
        "S: 250 AUTH SCRAM-SHA-256",
        "C: AUTH SCRAM-SHA-256 biwsbj11c2VyLHI9YWJj",
        "S: 334 nonsense",
        "C: *",
        "S: 501 ended",
      ],
      "failed: auth authentication-refused",
      { settings: LOGGING_IN },
    );
  });

  test("a yes where there is nothing to say yes to is no yes", () => {
    const mail = [...GREETED, "S: 250 peer", "C: MAIL FROM:<alice@example.test>"];
    check([...mail, "S: 354 go"], "failed: mail out-of-step [-]");
    check(
      [...mail, "S: 250 OK", "C: RCPT TO:<bob@peer.test>", "S: 250 OK", "C: DATA", "S: 250 taken"],
      "failed: data out-of-step [-]",
    );
  });

  test("no address can end its line (command injection)", () => {
    for (const address of ["bob@peer.test>\r\nMAIL FROM:<x@y.test", "bob\n@peer.test", "bob\0@peer.test"]) {
      const session = new ClientSession(SETTINGS);
      session.handle({ kind: "octets", octets: Buffer.from("220 peer\r\n") });
      session.handle({ kind: "octets", octets: Buffer.from("250 peer\r\n") });
      assert.throws(() => session.handle({ kind: "send", message: { ...MESSAGE, recipients: recipients(address) } }));
    }
  });

  test("no server makes the session throw, or goes on after its end", () => {
    const lines = fc.constantFrom(
      "220 a",
      "250 b",
      "250-b",
      "250-STARTTLS",
      "250 PIPELINING",
      "354 go",
      "421 x",
      "550 y",
      "334 ",
      "nonsense",
      "",
      "250-CHUNKING",
    );
    fc.assert(
      fc.property(fc.array(lines, { maxLength: 25 }), fc.boolean(), (said, pipelined) => {
        const session = new ClientSession({ ...SETTINGS, ...(pipelined ? { protocol: "lmtp" } : {}) });
        let isOver = false;
        const take = (events: readonly ClientEvent[]): void => {
          for (const event of events) {
            assert.equal(isOver, false);
            isOver = event.kind === "failed" || event.kind === "bye";
            if (event.kind === "start-tls") take(session.handle({ kind: "tls-established" }));
            if (event.kind === "ready") take(session.handle({ kind: "send", message: { ...MESSAGE, ...TWO } }));
            if (event.kind === "want-content") take(session.handle({ kind: "content-end" }));
          }
        };
        for (const line of said) take(session.handle({ kind: "octets", octets: Buffer.from(`${line}\r\n`) }));
        take(session.handle({ kind: "lost", cause: "closed" }));
      }),
      { numRuns: 300 },
    );
  });

  test("no end of data that others may read into a message leaves with it (SMTP smuggling: every such vector; R84)", () => {
    const { vectors } = JSON.parse(readFileSync("test/vectors/smtp-attacks.json", "utf8")) as {
      vectors: readonly { readonly id: string; readonly what: string }[];
    };
    const ends = vectors.filter(({ id }) => id.startsWith("eod-") && id !== "eod-split");
    assert.equal(ends.length, 9);
    for (const { id, what } of ends) {
      const end = Array.from(what.matchAll(/\b(?:CRLF|CR|LF|NUL)\b|\./g), ([word]) => OCTETS[word] ?? "").join("");
      const message = Buffer.from(`Subject: x\r\n\r\nlast${end}MAIL FROM:<ceo@example.test>\r\n`, "latin1");
      for (let cut = 0; cut <= message.length; cut++) {
        const sent: Uint8Array[] = [];
        const encoder = new ContentEncoder({ stuffsDots: true }, (octets) => sent.push(Buffer.from(octets)));
        encoder.push(message.subarray(0, cut));
        encoder.push(message.subarray(cut));
        encoder.finish();
        const wire = Buffer.concat([...sent, Buffer.from(".\r\n")]).toString("latin1");
        assert.doesNotMatch(wire, /[^\r]\n|\r[^\n]/, id);
        // However a reader takes line ends, there is no line of one dot but the last.
        assert.equal(wire.split(/\r\n|\r|\n/).filter((line) => line === ".").length, 1, id);
      }
    }
  });
});

const OCTETS: Readonly<Record<string, string>> = { CRLF: "\r\n", CR: "\r", LF: "\n", NUL: "\0", ".": "." };
