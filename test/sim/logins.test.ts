/** One table of authentication exchanges, whole and broken, over SMTP, IMAP and POP3 with the real authenticator (R27, R28, R29). */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, type TestContext, test } from "node:test";
import { changePassword, setAccountEnabled } from "#identity/accounts.ts";
import { type DoorProtocol, type LoginDoors, openLoginDoors } from "../fakes/login-doors.ts";
import { ALICE } from "../fakes/login-world.ts";

const PASSWORD = "pa§s€ü-Ångström";
const NFC = PASSWORD.normalize("NFC");
const NFD = PASSWORD.normalize("NFD");

type Protocol = DoorProtocol;
type World = LoginDoors;
const PROTOCOLS: readonly Protocol[] = ["smtp", "imap", "pop3"];

/** What the end of an exchange looks like in each protocol. */
const IN: Ends = { smtp: "235 2.7.0", imap: "a OK", pop3: "+OK" };
const REFUSED: Ends = { smtp: "535 5.7.8", imap: "a NO [AUTHENTICATIONFAILED]", pop3: "-ERR [AUTH]" };
const MALFORMED: Ends = { smtp: "501 5.5.2", imap: "a BAD", pop3: "-ERR" };
const CANCELLED: Ends = { smtp: "501 5.7.0", imap: "a BAD", pop3: "-ERR" };
const UNKNOWN: Ends = { smtp: "504 5.5.4", imap: "a NO [CANNOT]", pop3: "-ERR" };
const TOO_LONG: Ends = { smtp: "500 5.5.6", imap: "a BAD", pop3: "-ERR" };

type Ends = Readonly<Record<Protocol, string>>;

/** Lines after the command; a text is sent in base64, `raw:` as it stands. */
const EXCHANGES: readonly (readonly [what: string, mechanism: string, lines: readonly (string | Buffer)[], Ends])[] = [
  ["PLAIN, the password composed", "PLAIN", [`\0${ALICE}\0${NFC}`], IN],
  ["PLAIN, the password in pieces", "PLAIN", [`\0${ALICE}\0${NFD}`], IN],
  ["LOGIN, the password composed", "LOGIN", [ALICE, NFC], IN],
  ["LOGIN, the password in pieces", "LOGIN", [ALICE, NFD], IN],
  ["a wrong password", "PLAIN", [`\0${ALICE}\0not-the-password`], REFUSED],
  ["nobody", "PLAIN", ["\0nobody@example.test\0not-the-password"], REFUSED],
  ["acting for another", "PLAIN", [`root\0${ALICE}\0${NFC}`], REFUSED],
  [
    "octets that are no UTF-8",
    "PLAIN",
    [Buffer.concat([Buffer.from(`\0${ALICE}\0`), Buffer.from([0xff, 0xfe])])],
    MALFORMED,
  ],
  ["the password in Latin-1", "PLAIN", [Buffer.from(`\0${ALICE}\0pa\xa7s`, "latin1")], MALFORMED],
  ["one NUL", "PLAIN", [`${ALICE}\0x`], MALFORMED],
  ["three NULs", "PLAIN", [`\0${ALICE}\0x\0`], MALFORMED],
  ["four NULs", "PLAIN", ["\0\0\0\0"], MALFORMED],
  ["no user", "PLAIN", ["\0\0secret"], MALFORMED],
  ["a NUL in LOGIN", "LOGIN", ["al\0ice"], MALFORMED],
  ["an empty password in LOGIN", "LOGIN", [ALICE, ""], MALFORMED],
  ["octets that are no UTF-8 in LOGIN", "LOGIN", [ALICE, Buffer.from([0xff, 0xfe])], MALFORMED],
  ["what is not base64", "PLAIN", ["raw:AGEA!!"], MALFORMED],
  ["base64 without its padding", "PLAIN", ["raw:AGEAYg"], MALFORMED],
  ["base64 with a space", "PLAIN", ["raw:AGEA Yg=="], MALFORMED],
  ["the asterisk", "PLAIN", ["raw:*"], CANCELLED],
  ["the asterisk in the middle", "LOGIN", [ALICE, "raw:*"], CANCELLED],
  ["more than 12,288 octets", "PLAIN", ["x".repeat(16_384)], TOO_LONG],
  ["64 KiB", "PLAIN", ["x".repeat(65_536)], { ...TOO_LONG, smtp: "500 5.5.2" }],
  ["a mechanism that nobody has", "CRAM-MD5", [], UNKNOWN],
  ["a mechanism that is not on", "EXTERNAL", [], UNKNOWN],
  ["SCRAM with what is PLAIN", "SCRAM-SHA-256", [`\0${ALICE}\0${NFC}`], MALFORMED],
  ["SCRAM with a channel that it has not", "SCRAM-SHA-256", ["p=tls-exporter,,n=a,r=x"], MALFORMED],
  ["SCRAM that is given up", "SCRAM-SHA-256", [`n,,n=${ALICE},r=x`, "raw:*"], CANCELLED],
  ["SCRAM with an answer of another", "SCRAM-SHA-256", [`n,,n=${ALICE},r=x`, "c=biws,r=y,p=AAAA"], MALFORMED],
];

for (const protocol of PROTOCOLS) {
  suite(`logins over ${protocol}`, () => {
    for (const [what, mechanism, lines, expected] of EXCHANGES) {
      test(what, async (t) => {
        const world = await openWorld(t);
        assert.match(
          await exchange(world, protocol, { mechanism, lines, initial: false }),
          startsWith(expected[protocol]),
        );
        if (
          lines.length > 0 &&
          lines[0] !== "raw:*" &&
          lines[0] !== "raw:AGEA Yg==" &&
          !what.includes("12,288") &&
          what !== "64 KiB"
        ) {
          const end = await exchange(world, protocol, { mechanism, lines, initial: true });
          assert.match(end, startsWith(expected[protocol]), "with an initial response");
        }
        // R29: no credential in any line of the log, in clear or not.
        const secrets = [NFC, NFD, "not-the-password", "secret", Buffer.from(`\0${ALICE}\0${NFC}`).toString("base64")];
        const log = JSON.stringify(world.log.lines);
        for (const secret of secrets) assert.equal(log.includes(`"${secret}`) || log.includes(`${secret}"`), false);
      });
    }

    test("the empty response beside the command is = (RFC 4954 §4, RFC 4959 §3, RFC 5034 §4)", async (t) => {
      const world = await openWorld(t);
      const end = await exchange(world, protocol, { mechanism: "PLAIN", lines: ["raw:="], initial: true });
      assert.match(end, startsWith(MALFORMED[protocol]));
    });

    test("the third failure ends the session", async (t) => {
      const world = await openWorld(t);
      const client = world.connect(protocol);
      const heard: string[] = [];
      for (let i = 0; i < 3; i++) heard.push(await client.exchange("PLAIN", [`\0${ALICE}\0not-the-password`], true));
      assert.match(heard[1] ?? "", startsWith(REFUSED[protocol]));
      assert.match(heard[2] ?? "", protocol === "smtp" ? /^421 4\.7\.0/ : startsWith(REFUSED[protocol]));
      assert.notEqual(client.connection.state, "open");
    });

    for (const [change, how] of [
      ["its password is changed", (world: World) => changePassword(world, ALICE, "two herons, 1 pond")],
      ["the account is disabled", (world: World) => setAccountEnabled(world, ALICE, false)],
    ] as const) {
      test(`a session ends when ${change}, and the next login does not succeed`, async (t) => {
        const world = await openWorld(t);
        const client = world.connect(protocol);
        assert.match(await client.exchange("PLAIN", [`\0${ALICE}\0${NFC}`], true), startsWith(IN[protocol]));
        assert.ok((await how(world)).ok);
        await client.ended();
        assert.notEqual(client.connection.state, "open");
        const end = await exchange(world, protocol, {
          mechanism: "PLAIN",
          lines: [`\0${ALICE}\0${NFC}`],
          initial: true,
        });
        assert.match(end, startsWith(REFUSED[protocol]));
      });
    }
  });
}

suite("a session of SMTP whose password was changed", () => {
  test("takes no message that it had begun: a thief's last one is not sent", async (t) => {
    const world = await openWorld(t);
    const client = world.connect("smtp");
    await client.exchange("PLAIN", [`\0${ALICE}\0${NFC}`], true);
    for (const line of ["MAIL FROM:<user@local.test>", "RCPT TO:<user@local.test>", "DATA"]) {
      assert.match(await client.say(line), /^(?:250|354) /);
    }
    client.connection.send("Subject: x\r\n\r\nhalf of it\r\n");
    assert.ok((await changePassword(world, ALICE, "two herons, 1 pond")).ok);
    assert.match(await client.ended(), /^421 4\.7\.0 The password was changed/m);
    assert.deepEqual(world.delivered, []);
  });
});

function openWorld(t: TestContext): Promise<World> {
  return openLoginDoors(t, PASSWORD);
}

async function exchange(
  world: World,
  protocol: Protocol,
  { mechanism, lines, initial }: { mechanism: string; lines: readonly (string | Buffer)[]; initial: boolean },
): Promise<string> {
  return world.connect(protocol).exchange(mechanism, lines, initial);
}

function startsWith(text: string): RegExp {
  return new RegExp(`^${text.replace(/[[\].+]/g, "\\$&")}`);
}
