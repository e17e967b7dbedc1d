/** What hosts say, and which of it sends us to the next one. */
import { suite, test } from "node:test";
import { both, checkMx as check, ONE, TWO } from "../../../test/fakes/mx-table.ts";

suite("the MX table: fail-over", () => {
  test("fail-over: what sends us to the next MX", () =>
    check({
      "connection refused": {
        ...both({ connect: "refused" }),
        expected: "delivered 250 final-dot",
        tried: `${ONE} ${TWO}`,
      },
      "no answer to the connection": {
        ...both({ connect: "silent" }),
        expected: "delivered 250 final-dot",
        tried: `${ONE} ${TWO}`,
      },
      "greeting 4yz": {
        ...both({ greeting: "450 later" }),
        expected: "delivered 250 final-dot",
        tried: `${ONE} ${TWO}`,
      },
      "greeting 421": {
        ...both({ greeting: "421 busy" }),
        expected: "delivered 250 final-dot",
        tried: `${ONE} ${TWO}`,
      },
      "greeting 554 speaks for one host": {
        ...both({ greeting: "554 no mail here" }),
        expected: "delivered 250 final-dot",
        tried: `${ONE} ${TWO}`,
      },
      "greeting 554 of all hosts is final": {
        ...both({ greeting: "554 no" }, { greeting: "554 no" }),
        expected: "failed 554 greeting",
        tried: `${ONE} ${TWO}`,
      },
      "greeting 554 of one, nothing of the other: once more later": {
        ...both({ greeting: "554 no" }, { connect: "refused" }),
        expected: "deferred 4.4.1 connect",
        tried: `${ONE} ${TWO}`,
      },
      "no greeting": { ...both({ greeting: "silent" }), expected: "delivered 250 final-dot", tried: `${ONE} ${TWO}` },
      "dropped at the greeting": {
        ...both({ greeting: "drop" }),
        expected: "delivered 250 final-dot",
        tried: `${ONE} ${TWO}`,
      },
      "no SMTP": {
        ...both({ greeting: "SSH-2.0-OpenSSH" }),
        expected: "delivered 250 final-dot",
        tried: `${ONE} ${TWO}`,
      },
      "EHLO 4yz": { ...both({ ehlo: "451 later" }), expected: "delivered 250 final-dot", tried: `${ONE} ${TWO}` },
      "EHLO unknown, HELO known": { ...both({ ehlo: "502 what?" }), expected: "delivered 250 final-dot", tried: ONE },
      "MAIL 421": { ...both({ mail: "421 busy" }), expected: "delivered 250 final-dot", tried: `${ONE} ${TWO}` },
      "MAIL 4yz": { ...both({ mail: "451 later" }), expected: "delivered 250 final-dot", tried: `${ONE} ${TWO}` },
      "MAIL 5yz is final": { ...both({ mail: "550 5.7.1 not you" }), expected: "failed 550 mail", tried: ONE },
      "RCPT 5yz is final": { ...both({ rcpt: "550 5.1.1 who?" }), expected: "failed 550 rcpt", tried: ONE },
      "RCPT 552 without a status is 452 (RFC 5321 §4.5.3.1.10)": {
        ...both({ rcpt: "552 too many" }),
        expected: "delivered 250 final-dot",
        tried: `${ONE} ${TWO}`,
      },
      "RCPT 552 5.2.2 is final": { ...both({ rcpt: "552 5.2.2 full" }), expected: "failed 552 rcpt", tried: ONE },
      "RCPT 450 of the whole pool (greylisting): later": {
        ...both({ rcpt: "450 4.7.1 greylisted" }, { rcpt: "450 4.7.1 greylisted" }),
        expected: "deferred 450 rcpt",
        tried: `${ONE} ${TWO}`,
      },
      "RCPT dropped": { ...both({ rcpt: "drop" }), expected: "delivered 250 final-dot", tried: `${ONE} ${TWO}` },
      "yes where it says nothing": {
        ...both({ data: "250 taken" }, { connect: "refused" }),
        expected: "deferred 4.4.1 connect",
        tried: `${ONE} ${TWO}`,
      },
      "yes where it says nothing, at the last host": {
        ...both({ connect: "refused" }, { data: "250 taken" }),
        expected: "deferred 4.4.2 data",
        tried: `${ONE} ${TWO}`,
      },
      "DATA 4yz": { ...both({ data: "451 later" }), expected: "delivered 250 final-dot", tried: `${ONE} ${TWO}` },
      "DATA 5yz is final": { ...both({ data: "554 no" }), expected: "failed 554 data", tried: ONE },
      "dropped before the final dot": {
        ...both({ data: "drop" }),
        expected: "delivered 250 final-dot",
        tried: `${ONE} ${TWO}`,
      },
      "silent before the final dot": {
        ...both({ data: "silent" }),
        expected: "delivered 250 final-dot",
        tried: `${ONE} ${TWO}`,
      },
      "4yz to the message: not to be heard by the next one": {
        ...both({ final: "452 full" }),
        expected: "deferred 452 final-dot",
        tried: ONE,
      },
      "5yz to the message is final": {
        ...both({ final: "554 5.6.0 spam" }),
        expected: "failed 554 final-dot",
        tried: ONE,
      },
      "dropped after the final dot: nobody knows (R65)": {
        ...both({ final: "drop" }),
        expected: "outcome-unknown 4.4.2 final-dot",
        tried: ONE,
      },
      "silent after the final dot: nobody knows (R65)": {
        ...both({ final: "silent" }),
        expected: "outcome-unknown 4.4.2 final-dot",
        tried: ONE,
      },
      "all are down": {
        ...both({ connect: "refused" }, { connect: "refused" }),
        expected: "deferred 4.4.1 connect",
        tried: `${ONE} ${TWO}`,
      },
    }));
});
