/**
 * A limit never looks like a wrong password: a person who hears of that one changes it for nothing, and a program forgets it.
 * Each reason there is, each protocol and each mechanism, before the real authenticator.
 */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { AuthenticatorDependencies } from "#identity/login-desk.ts";
import type { TlsFacts } from "#ports/connection.ts";
import { FAKE_TLS } from "../fakes/connection.ts";
import { type DoorClient, type DoorProtocol, openLoginDoors } from "../fakes/login-doors.ts";
import { ALICE, PASSWORD } from "../fakes/login-world.ts";

const WITH_CERTIFICATE: TlsFacts = { ...FAKE_TLS, clientAddresses: [ALICE] };
const PROTOCOLS: readonly DoorProtocol[] = ["smtp", "imap", "pop3"];

/** RFC 4954 §4.7 and RFC 5248, RFC 5530 §3, RFC 3206 §4 and §5. */
const WRONG: Answers = { smtp: "535 5.7.8 ", imap: "a NO [AUTHENTICATIONFAILED] ", pop3: "-ERR [AUTH] " };
const LATER: Answers = { smtp: "454 4.7.0 ", imap: "a NO [UNAVAILABLE] ", pop3: "-ERR [SYS/TEMP] " };
const TOO_MANY: Answers = { smtp: "421 4.7.0 ", imap: "a NO [LIMIT] ", pop3: "-ERR [SYS/TEMP] " };

type Answers = Readonly<Record<DoorProtocol, string>>;

/** A login of each kind; `command` is the protocol's own, without SASL. */
const LOGINS: Readonly<
  Record<string, (client: DoorClient, password: string, protocol: DoorProtocol) => Promise<string>>
> = {
  PLAIN: (client, password) => client.exchange("PLAIN", [`\0${ALICE}\0${password}`], true),
  LOGIN: (client, password) => client.exchange("LOGIN", [ALICE, password], false),
  "SCRAM-SHA-256": (client) => client.exchange("SCRAM-SHA-256", [`n,,n=${ALICE},r=client`], true),
  OAUTHBEARER: (client, token) =>
    client.exchange("OAUTHBEARER", [`n,a=${ALICE},\x01auth=Bearer ${token.replaceAll(" ", ".")}\x01\x01`], true),
  // By a certificate of Alice's: that she acts for another is what is wrong.
  EXTERNAL: (client, password) =>
    client.exchange("EXTERNAL", [password === PASSWORD ? "raw:=" : "bob@example.test"], true),
  command: async (client, password, protocol) => {
    await client.greeted();
    if (protocol === "imap") return client.say(`a LOGIN ${ALICE} "${password}"`);
    await client.say(`USER ${ALICE}`);
    return client.say(`PASS ${password}`);
  },
};

/** Why nobody can say now, and for which mechanisms that may be so. */
const LIMITS: readonly (readonly [why: string, Partial<AuthenticatorDependencies>, mechanisms: readonly string[]])[] = [
  ["the client must wait, or is banned", { watch: doorkeeper(false) }, Object.keys(LOGINS)],
  [
    "too many wait for a hash",
    { hashLine: { atOnceMax: 0, strangersAtOnceMax: 0, waitingMax: 0, waitingPerAddressMax: 0 } },
    ["PLAIN", "LOGIN", "command"],
  ],
  [
    "the hash cannot be computed",
    { verifyHash: () => Promise.reject(new Error("out of memory")) },
    ["PLAIN", "LOGIN", "command"],
  ],
  [
    "the provider of tokens does not answer",
    { tokens: { verify: () => Promise.resolve({ kind: "unavailable", why: "timed out" }) } },
    ["OAUTHBEARER"],
  ],
];

for (const protocol of PROTOCOLS) {
  suite(`limits and wrong passwords over ${protocol}`, () => {
    for (const [why, options, mechanisms] of LIMITS) {
      for (const mechanism of mechanisms) {
        if (mechanism === "command" && protocol === "smtp") continue;
        test(`${mechanism}: ${why}`, async (t) => {
          const tokens = {
            verify: () => Promise.resolve({ kind: "invalid", reason: "unknown", why: "bad signature" } as const),
          };
          const doors = await openLoginDoors(t, PASSWORD, { tokens, ...options });
          const client = doors.connect(protocol, WITH_CERTIFICATE);
          // The right one and a wrong one alike; and four are no failures, of which the third would end the session.
          for (const password of [PASSWORD, "a guess", "another", PASSWORD]) {
            const heard = await LOGINS[mechanism]?.(client, password, protocol);
            assert.equal(heard?.slice(0, LATER[protocol].length), LATER[protocol]);
          }
          assert.equal(client.connection.state, "open");
        });
      }
    }

    for (const mechanism of ["PLAIN", "LOGIN", "OAUTHBEARER", "EXTERNAL"]) {
      test(`${mechanism}: what is wrong is called wrong`, async (t) => {
        const tokens = {
          verify: () => Promise.resolve({ kind: "invalid", reason: "unknown", why: "bad signature" } as const),
        };
        const doors = await openLoginDoors(t, PASSWORD, { tokens, watch: doorkeeper(true) });
        const client = doors.connect(protocol, WITH_CERTIFICATE);
        let heard = await LOGINS[mechanism]?.(client, "a guess", protocol);
        // RFC 7628 §3.2.3: the client has to answer the server's word about its token.
        if (mechanism === "OAUTHBEARER") heard = await client.say("AQ==");
        assert.equal(heard?.slice(0, WRONG[protocol].length), WRONG[protocol]);
      });
    }

    test("the account has too many connections", async (t) => {
      const doors = await openLoginDoors(t, PASSWORD);
      doors.places.refusal = "You have 50 connections, and no more are allowed";
      const heard = await LOGINS["PLAIN"]?.(doors.connect(protocol), PASSWORD, protocol);
      assert.equal(heard?.slice(0, TOO_MANY[protocol].length), TOO_MANY[protocol]);
    });
  });
}

function doorkeeper(mayTry: boolean): NonNullable<AuthenticatorDependencies["watch"]> {
  return { mayTry: () => mayTry, succeeded: () => undefined, failed: () => undefined };
}
