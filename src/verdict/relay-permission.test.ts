import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { type Mailbox, parseMailbox } from "#mail/address.ts";
import { type Existence, type RelayFacts, relayPermission } from "./relay-permission.ts";

const STRANGER: RelayFacts = {
  listener: "smtp",
  authenticated: false,
  trustedNetwork: false,
  recipient: mailbox("b@victim.test"),
  domainRole: undefined,
  atOwnLiteral: false,
  existence: "not-asked",
};

suite("relay permission", () => {
  test("a stranger reaches nobody elsewhere, finally", () => check({}, "550 relaying-denied"));
  test("who has authenticated does", () => check({ authenticated: true }, "elsewhere"));
  test("who comes from a trusted network does", () => check({ trustedNetwork: true }, "elsewhere"));
  test("LMTP reaches nobody elsewhere, whatever is said of it", () =>
    check({ listener: "lmtp", authenticated: true, trustedNetwork: true }, "550 relaying-denied"));
  test("a submission listener wants a credential before it says anything about a recipient", () =>
    check({ listener: "submission", domainRole: "primary", existence: "exists" }, "530 authentication-required"));

  test("a user of ours", () => check({ domainRole: "primary", existence: "exists" }, "local"));
  test("an unknown user of ours", () =>
    check({ domainRole: "primary", existence: "unknown" }, "550 unknown-recipient"));
  test("an unknown user of ours, asked by a user", () =>
    check({ authenticated: true, domainRole: "primary", existence: "unknown" }, "550 unknown-recipient"));
  test("a disabled user", () => check({ domainRole: "primary", existence: "disabled" }, "550 disabled-recipient"));
  test("a user that cannot be asked for", () =>
    check({ domainRole: "primary", existence: "unavailable" }, "451 not-known-now"));

  test("a secondary's known user", () => check({ domainRole: "secondary", existence: "exists" }, "hand-on"));
  test("a secondary's unknown user (R62)", () =>
    check({ domainRole: "secondary", existence: "unknown" }, "550 unknown-recipient"));
  test("a secondary without a list never accepts (R62)", () =>
    check({ domainRole: "secondary", existence: "no-list" }, "451 not-known-now"));

  test("postmaster without a domain", () => check({ recipient: "postmaster", existence: "exists" }, "local"));
  test("postmaster at our address", () =>
    check({ recipient: mailbox("PostMaster@[192.0.2.1]"), atOwnLiteral: true, existence: "exists" }, "local"));
  test("nobody else at our address", () =>
    check(
      { recipient: mailbox("user@[192.0.2.1]"), atOwnLiteral: true, existence: "exists" },
      "550 unknown-recipient",
    ));

  for (const address of ["b%victim.test@local.test", "victim.test!b@local.test", '"b@victim.test"@local.test']) {
    test(`${address} is no address, even for users and even where everybody exists`, () => {
      const recipient = mailbox(address);
      for (const authenticated of [false, true]) {
        check({ recipient, authenticated, domainRole: "primary", existence: "exists" }, "550 routing-operator");
      }
    });
  }

  test("nothing but a credential or a trusted network opens the way elsewhere (R04)", () => {
    fc.assert(
      fc.property(
        fc.record({
          listener: fc.constantFrom("smtp" as const, "submission" as const, "lmtp" as const),
          domainRole: fc.constantFrom("primary" as const, "secondary" as const, undefined),
          atOwnLiteral: fc.boolean(),
          existence: fc.constantFrom<Existence>("exists", "unknown", "disabled", "no-list", "unavailable", "not-asked"),
          localPart: fc.string(),
        }),
        ({ localPart, ...facts }) => {
          const recipient = { ...mailbox("b@victim.test"), localPart };
          const { kind } = relayPermission({ ...STRANGER, ...facts, recipient });
          assert.notEqual(kind, "elsewhere");
          if (facts.existence !== "exists") assert.equal(kind, "refused");
          if (/[@%!]/.test(localPart)) assert.equal(kind, "refused");
        },
      ),
    );
  });
});

function check(facts: Partial<RelayFacts>, expected: string): void {
  const permission = relayPermission({ ...STRANGER, ...facts });
  const said = permission.kind === "refused" ? `${permission.reply.code} ${permission.reason}` : permission.kind;
  assert.equal(said, expected);
}

function mailbox(text: string): Mailbox {
  const parsed = parseMailbox(text, { utf8: false });
  assert.ok(parsed.ok);
  return parsed.value;
}
