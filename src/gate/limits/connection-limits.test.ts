import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { PlainSourceTable, plainCounters } from "../../../test/fakes/source-table.ts";
import { type Admission, ConnectionLimits, type Ticket } from "./connection-limits.ts";
import { LIMIT_NAMES, limitText } from "./limit-name.ts";
import { refusalLine } from "./refuse-connection.ts";
import type { ConnectionLimitSettings } from "./settings.ts";
import type { Protocol } from "./source-keys.ts";

const SETTINGS: ConnectionLimitSettings = {
  connectionsTotal: 1000,
  reservedAuthenticatedPercent: 10,
  reservedAdminPercent: 5,
  perAddress: { atOnce: 20, perMinute: 60 },
  perSlash24: { atOnce: 60, perMinute: 180 },
  perSlash64: { atOnce: 20, perMinute: 60 },
  perSlash48: { atOnce: 60, perMinute: 180 },
  loggedInPerAccount: 50,
  loggedInPerAddress: 200,
  ownAddresses: ["192.0.2.1", "2001:db8::1", "192.0.3.0/24"],
};

suite("connections at once", () => {
  test("20 of one address; one more when one has ended", () => {
    const { clock, connect, admit } = gate();
    const tickets = connect("198.51.100.7", 20);
    clock.advance(60_000);
    checkRefused(admit("198.51.100.7"), "connections_per_address", 20);
    tickets[0]?.release();
    tickets[0]?.release();
    assert.equal(admit("198.51.100.7").ok, true);
    checkRefused(admit("198.51.100.7"), "connections_per_address", 20);
  });

  test("60 of one /24, and its neighbour is not counted", () => {
    const { connect, admit } = gate();
    for (const last of [1, 2, 3]) connect(`198.51.100.${last}`, 20);
    checkRefused(admit("198.51.100.4"), "connections_per_slash24", 60);
    assert.equal(admit("198.51.101.4").ok, true);
  });

  test("a /64 is one client, and a /48 has three times as much", () => {
    const { connect, admit } = gate();
    for (let host = 1; host <= 20; host++) connect(`2001:db8:5:1::${host}`, 1);
    checkRefused(admit("2001:db8:5:1:ffff::"), "connections_per_slash64", 20);
    for (let net = 2; net <= 3; net++) connect(`2001:db8:5:${net}::1`, 20);
    checkRefused(admit("2001:db8:5:4::1"), "connections_per_slash48", 60);
    assert.equal(admit("2001:db8:6:1::1").ok, true);
  });

  test("who was refused for the network does not count for the address", () => {
    const { clock, connect, admit } = gate();
    const tickets = [1, 2, 3].flatMap((last) => connect(`198.51.100.${last}`, 20));
    for (let times = 0; times < 30; times++) admit("198.51.100.4");
    clock.advance(20_000);
    for (const ticket of tickets.slice(0, 20)) ticket.release();
    assert.equal(connect("198.51.100.4", 20).length, 20);
  });

  test("this machine, local sockets, and addresses that hide others are not limited by address (R56)", () => {
    for (const address of [
      "127.0.0.1",
      "::1",
      "127.8.8.8",
      "unix:/run/lmtp",
      "192.0.2.1",
      "192.0.3.77",
      "2001:db8::1",
      "10.0.0.1",
    ]) {
      assert.equal(gate({ hidesOthers: (text) => text === "10.0.0.1" }).connect(address, 100).length, 100, address);
    }
    // Counter-check: a private address that hides nobody is a client like any other.
    checkRefused(filled(gate(), "10.0.0.1"), "connections_per_address", 20);
  });
});

suite("connections a minute", () => {
  test("sixty at once are sixty in a minute; then one a second, however short each is", () => {
    const { clock, admit } = gate();
    const come = (): boolean => {
      const admission = admit("198.51.100.7");
      if (admission.ok) admission.ticket.release();
      return admission.ok;
    };
    assert.equal(Array.from({ length: 100 }, come).filter(Boolean).length, 60);
    checkRefused(admit("198.51.100.7"), "connections_per_minute_per_address", 60);
    let taken = 0;
    for (let tenth = 0; tenth < 600; tenth++) {
      clock.advance(100);
      if (come()) taken++;
    }
    assert.equal(taken, 60);
  });

  test("a login costs nothing of it: a mail program that comes and goes is never too fast", () => {
    const { admit } = gate();
    for (let times = 0; times < 200; times++) {
      const admission = admit("198.51.100.7", "imap");
      assert.ok(admission.ok, `connection ${times}`);
      assert.ok(admission.ticket.authenticated(1).ok);
      admission.ticket.release();
    }
  });
});

suite("the total", () => {
  test("strangers leave room for users and administrators", () => {
    const { clock, fill, admit, limits } = gate();
    limits.remember("203.0.113.9", clock.now());
    assert.equal(fill(2000), 850);
    checkRefused(admit("198.51.100.7"), "connections_not_logged_in", 850);
    assert.equal(admit("203.0.113.9", "imap").ok, true);
    assert.equal(admit("127.0.0.1", "http").ok, true);
    assert.equal(admit("198.51.100.7").ok, false);
  });

  test("users fill what is theirs and no more than that; the administrator still gets in", () => {
    const { clock, limits, admit } = gate();
    let taken = 0;
    for (let number = 0; number < 1200; number++) {
      const address = `10.${number >> 4}.${number & 15}.1`;
      limits.remember(address, clock.now());
      if (admit(address, "imap").ok) taken++;
    }
    assert.equal(taken, 950);
    checkRefused(admit("10.200.0.1"), "connections_total", 950);
    for (let number = 0; number < 50; number++) assert.equal(admit("127.0.0.1", "http").ok, true);
    checkRefused(admit("127.0.0.1", "http"), "connections_total", 1000);
  });

  test("it is crowded from four fifths of the strangers' places on", () => {
    const { fill, limits, last } = gate();
    fill(679);
    assert.equal(limits.isCrowded, false);
    fill(1);
    assert.equal(limits.isCrowded, true);
    last().release();
    assert.equal(limits.isCrowded, false);
  });

  test("a stranger that logs in makes room for another", () => {
    const { fill, admit, last } = gate();
    fill(2000);
    checkRefused(admit("198.51.100.7"), "connections_not_logged_in", 850);
    assert.ok(last().authenticated(1).ok);
    assert.ok(admit("198.51.100.7").ok);
    checkRefused(admit("198.51.100.7"), "connections_not_logged_in", 850);
  });

  test("who is refused takes no place, neither of the total nor of the strangers' part", () => {
    const { clock, connect, admit, limits, fill } = gate();
    connect("198.51.100.7", 20);
    for (let times = 0; times < 100; times++) admit("198.51.100.7");
    assert.equal(limits.totals.open, 20);
    for (let number = 0; number < 931; number++) {
      const address = `10.${number >> 4}.${number & 15}.1`;
      limits.remember(address, clock.now());
      admit(address, "imap");
    }
    // 950 are open: strangers are refused for the total, which must cost them nothing of their own 850.
    for (let times = 0; times < 900; times++) admit("127.0.0.1");
    assert.equal(limits.totals.open, 950);
    assert.equal(fill(10), 0);
    checkRefused(admit("127.0.0.1"), "connections_total", 950);
  });

  test("everything that ended is forgotten: the counts return to nothing", () => {
    const { connect, limits } = gate();
    const tickets = [...connect("198.51.100.7", 20), ...connect("2001:db8:7::1", 20), ...connect("127.0.0.1", 20)];
    for (const [number, ticket] of tickets.entries()) if (number % 2 === 0) ticket.authenticated(number);
    assert.equal(limits.totals.open, 60);
    for (const ticket of tickets) ticket.release();
    assert.equal(limits.totals.open, 0);
    assert.equal(connect("198.51.100.8", 20).length, 20);
  });
});

suite("users", () => {
  test("50 connections of one account, on any number of addresses; the 51st is told so", () => {
    const { admit } = gate();
    const tickets = Array.from({ length: 51 }, (_, number) => {
      const admission = admit(`10.0.${number}.1`, "imap");
      assert.ok(admission.ok);
      return admission.ticket;
    });
    for (const ticket of tickets.slice(0, 50)) assert.ok(ticket.authenticated(7).ok);
    checkRefused(tickets[50]?.authenticated(7), "imap_connections_per_account", 50);
    assert.ok(tickets[50]?.authenticated(8).ok, "another account is not this one");
    tickets[0]?.release();
    const next = admit("10.0.99.1", "imap");
    assert.ok(next.ok && next.ticket.authenticated(7).ok);
  });

  test("web mail on this machine: any number of users, and each has the account's limit (R56)", () => {
    const { connect } = gate();
    const tickets = connect("127.0.0.1", 300, "imap");
    for (const [number, ticket] of tickets.slice(0, 250).entries()) assert.ok(ticket.authenticated(number).ok);
    for (const ticket of tickets.slice(250)) ticket.authenticated(1000);
    const [more] = connect("127.0.0.1", 1, "imap");
    checkRefused(more?.authenticated(1000), "imap_connections_per_account", 50);
  });

  test("an office behind one address: 200 logged in, though only 20 strangers (R54)", () => {
    const { admit } = gate();
    let loggedIn = 0;
    for (let number = 0; number < 200; number++) {
      const admission = admit("198.51.100.7", "imap");
      if (admission.ok && admission.ticket.authenticated(number % 40).ok) loggedIn++;
    }
    assert.equal(loggedIn, 200);
    const next = admit("198.51.100.7", "imap");
    assert.ok(next.ok);
    checkRefused(next.ticket.authenticated(41), "imap_connections_per_address", 200);
  });

  test("each protocol counts by itself: 50 mailboxes open do not stop a message from being sent", () => {
    const { admit } = gate();
    const logIn = (protocol: Protocol, number: number): boolean => {
      const admission = admit(`10.0.${number}.1`, protocol);
      return admission.ok && admission.ticket.authenticated(7).ok;
    };
    for (let number = 0; number < 50; number++) assert.ok(logIn("imap", number));
    assert.equal(logIn("imap", 51), false);
    assert.equal(logIn("submission", 52), true);
  });

  test("where a user has logged in, all of the office may come back in the same moment", () => {
    const { admit } = gate();
    const first = admit("198.51.100.7", "imap");
    assert.ok(first.ok && first.ticket.authenticated(1).ok);
    for (let number = 0; number < 199; number++) assert.ok(admit("198.51.100.7", "imap").ok, `${number}`);
    // Counter-check: elsewhere 20 may.
    checkRefused(filled(gate(), "198.51.101.7"), "connections_per_address", 20);
  });
});

suite("what is told", () => {
  test("each protocol has its words, and none of them speaks of passwords (R55, R57)", () => {
    const text = limitText({ limit: "connections_per_address", max: 20 });
    assert.match(text, /connections_per_address = 20/);
    assert.match(refusalLine("smtp", "mx.example.test", text), /^421 4\.7\.0 mx\.example\.test Too many .*\r\n$/);
    assert.match(refusalLine("submission", "mx.example.test", text), /^421 4\.7\.0 /);
    assert.match(refusalLine("imap", "mx.example.test", text), /^\* BYE \[UNAVAILABLE\] Too many .*\r\n$/);
    assert.match(refusalLine("pop3", "mx.example.test", text), /^-ERR \[SYS\/TEMP\] Too many .*\r\n$/);
    for (const limit of LIMIT_NAMES) {
      assert.match(limitText({ limit, max: 1 }), /try again|wait/);
      assert.doesNotMatch(limitText({ limit, max: 1 }), /password|authenti|credential|login failed/i);
    }
  });

  test("figures say how near each limit came, and what it refused", () => {
    const { connect, admit, limits } = gate();
    for (const ticket of connect("198.51.100.7", 17)) ticket.release();
    const figure = (name: string): unknown => limits.totals.figures().find(({ limit }) => limit === name);
    assert.deepEqual(figure("connections_per_address"), {
      limit: "connections_per_address",
      max: 20,
      peak: 17,
      refused: 0,
    });
    for (const count of [17, 17, 9]) for (const ticket of connect("198.51.100.7", count)) ticket.release();
    checkRefused(admit("198.51.100.7"), "connections_per_minute_per_address", 60);
    assert.deepEqual(figure("connections_per_minute_per_address"), {
      limit: "connections_per_minute_per_address",
      max: 60,
      peak: 60,
      refused: 1,
    });
    assert.deepEqual(figure("connections_total"), { limit: "connections_total", max: 1000, peak: 17, refused: 0 });
  });

  test("where users log in there is more room, and the figures are parts of that", () => {
    const { connect, limits } = gate();
    const [ticket] = connect("198.51.100.7", 1);
    ticket?.authenticated(1);
    connect("198.51.100.7", 100);
    const peaks = limits.totals.figures().map(({ limit, peak }) => [limit, peak] as const);
    assert.equal(new Map(peaks).get("connections_per_address"), 10);
    for (const { limit, peak, max } of limits.totals.figures()) assert.ok(peak <= max, `${limit}: ${peak} of ${max}`);
  });
});

function gate(options: { readonly hidesOthers?: (address: string) => boolean } = {}) {
  const clock = new FakeClock();
  const tickets: Ticket[] = [];
  const limits = new ConnectionLimits({
    table: new PlainSourceTable(),
    counters: plainCounters(),
    clock,
    settings: SETTINGS,
    ...options,
  });
  const admit = (address: string, protocol: Protocol = "smtp"): Admission => {
    const admission = limits.admit(address, { protocol });
    if (admission.ok) tickets.push(admission.ticket);
    return admission;
  };
  const connect = (address: string, times: number, protocol: Protocol = "smtp"): readonly Ticket[] =>
    Array.from({ length: times }, () => {
      const admission = admit(address, protocol);
      assert.ok(admission.ok, `${address}: ${JSON.stringify(admission)}`);
      return admission.ticket;
    });
  return {
    clock,
    limits,
    admit,
    connect,
    /** One connection each from so many networks; how many got in. */
    fill: (times: number): number =>
      Array.from({ length: times }, (_, number) => admit(`11.${number >> 8}.${number & 255}.1`)).filter(({ ok }) => ok)
        .length,
    last: (): Ticket => tickets.at(-1) ?? assert.fail("nobody came"),
  };
}

/** The answer to one more than 20. */
function filled({ connect, admit }: ReturnType<typeof gate>, address: string): Admission {
  connect(address, 20);
  return admit(address);
}

function checkRefused(answer: { readonly ok: boolean } | undefined, limit: string, max: number): void {
  assert.deepEqual(answer, { ok: false, limit, max });
}
