/** Clients that are slow on purpose, from many addresses, while others are served. */
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { after, before, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ImapConnection } from "../imap-scripts/connection.ts";
import { type GateServer, proxyLine, sendMail, startGateServer } from "./gate-server.ts";
import { alice } from "./server.ts";

const CONNECTIONS = 2000;
/** Their share of them; the others know a protocol that waits for a login. */
const ON_PORT_25 = 1400;
/** Opened at the same time. */
const AT_ONCE = 100;
/** Between two octets of a slow client. Milliseconds. */
const OCTET_EVERY_MS = 2000;
/** For one command, and until the login. Milliseconds. */
const DEADLINE_MS = 4000;
/** After so many octets somebody holds on that should have been cut long ago. */
const OCTETS_MAX = 15;

let server: GateServer;
before(async () => {
  server = await startGateServer({
    limits: {
      connections_total: 5000,
      connections_per_address: 20,
      command_timeout_ms: DEADLINE_MS,
      command_timeout_under_load_ms: DEADLINE_MS,
      pre_authentication_timeout_ms: DEADLINE_MS,
    },
  });
});
after(() => server?.stop());

interface Slow {
  readonly socket: Socket;
  readonly listener: "mx" | "submission" | "imap" | "pop3";
  readonly heard: () => string;
}

/** What such a client says, an octet at a time; for TLS it is the beginning of a handshake that never ends. */
const TRICKLE = "NOOP and a tail that goes on and on";

async function slowClient(number: number): Promise<Slow> {
  const others = ["submission", "imap", "pop3"] as const;
  const listener = number < ON_PORT_25 ? "mx" : (others[number % others.length] ?? "imap");
  const socket = connect({ port: server.behindProxy[listener], host: "127.0.0.1" });
  let heard = "";
  socket.setEncoding("latin1").on("data", (text) => {
    heard += String(text);
  });
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("connect", resolve).once("close", resolve));
  socket.write(proxyLine(`20.${number >> 8}.${number & 255}.${(number % 250) + 1}`));
  return { socket, listener, heard: () => heard };
}

async function slowClients(): Promise<readonly Slow[]> {
  const clients: Slow[] = [];
  while (clients.length < CONNECTIONS) {
    const from = clients.length;
    clients.push(...(await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => slowClient(from + index)))));
  }
  return clients;
}

function isOpen({ socket }: Slow): boolean {
  return !socket.destroyed && !socket.readableEnded;
}

suite("slow clients", () => {
  test("2,000 that send an octet every other second are cut, each by its deadline, and others are served (R90)", async (t) => {
    const imap = await ImapConnection.open({ host: "127.0.0.1", port: server.ports.imaps, ca: server.ca });
    await imap.ok(`LOGIN ${alice.user} ${alice.password}`);
    const slow = await slowClients();
    // Not before the greeting: who talks early is cut for that.
    await sleep(1000);
    const inTheBeginning = slow.filter(isOpen).length;
    assert.ok(inTheBeginning > CONNECTIONS * 0.9, `${inTheBeginning} were let in`);
    let servedMeanwhile = 0;
    for (let octet = 0; slow.some(isOpen); octet++) {
      const open = slow.filter(isOpen);
      assert.ok(octet < OCTETS_MAX, `still there: ${open.length} of ${open[0]?.listener}`);
      for (const { socket } of open) socket.write(TRICKLE[octet % TRICKLE.length] ?? "x");
      const sent = await sendMail(server, { address: "198.51.100.9", subject: `meanwhile-${octet}` });
      assert.equal(sent.code, 250, sent.text);
      await imap.ok("NOOP");
      servedMeanwhile += 1;
      await sleep(OCTET_EVERY_MS);
    }
    imap.close();
    t.diagnostic(`${servedMeanwhile} messages were taken meanwhile`);
    assert.ok(servedMeanwhile > 1);
    const greeted = slow.filter(({ listener }) => listener === "mx");
    for (const { heard } of greeted) assert.match(heard(), /^220 .*\r\n(?:421 4\.4\.2 |$)/s);
    const told = greeted.filter(({ heard }) => heard().includes("\r\n421 4.4.2 "));
    assert.ok(told.length > greeted.length * 0.9, `${told.length} of ${greeted.length} were told why`);
  });
});
