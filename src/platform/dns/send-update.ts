/** One dynamic update to one server, over TCP: updates are too long for a datagram soon, and must not be sent twice. */
import { connect } from "node:net";
import type { Clock } from "#ports/clock.ts";
import type { Random } from "#ports/random.ts";
import { decodeUpdateAnswer, encodeUpdate, type TsigKey, type UpdateRecord } from "#protocol/dns/update.ts";
import type { ServerAddress } from "./server-address.ts";

export interface ZoneUpdate {
  readonly zone: string;
  readonly records: readonly UpdateRecord[];
  readonly ttlSeconds: number;
}

/** Names of the response codes of updates (RFC 2136 §2.2, RFC 8945 §4.2), as people look them up. */
const RCODES = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET"];
const MORE_RCODES = ["NXRRSET", "NOTAUTH", "NOTZONE"];
const PREFIX_OCTETS = 2;

/** Undefined: done. Else why not, in a few words. @param timeoutMs for all of it. */
export async function sendUpdate(
  server: ServerAddress,
  update: ZoneUpdate,
  key: TsigKey,
  { clock, random, timeoutMs }: { readonly clock: Clock; readonly random: Random; readonly timeoutMs: number },
): Promise<string | undefined> {
  const [high = 0, low = 0] = random.bytes(2);
  const id = high * 256 + low;
  const encoded = encodeUpdate(id, update, key, clock.now());
  if (encoded === undefined) return "a record that cannot be written down";
  const answer = await exchange(server, encoded.octets, timeoutMs, clock);
  if (typeof answer === "string") return answer;
  const decoded = decodeUpdateAnswer(answer, id, encoded.mac, key, clock.now());
  if (decoded.kind === "malformed") return "an answer that makes no sense";
  const word = [...RCODES, ...MORE_RCODES][decoded.rcode] ?? `code ${decoded.rcode}`;
  if (decoded.kind === "unsigned") return `the answer ${word} without our key's signature: is the key right?`;
  return decoded.rcode === 0 ? undefined : word;
}

function exchange(
  server: ServerAddress,
  octets: Uint8Array,
  timeoutMs: number,
  clock: Clock,
): Promise<Uint8Array | string> {
  return new Promise((resolve) => {
    const socket = connect({ host: server.address, port: server.port });
    let received = Buffer.alloc(0);
    const finish = (outcome: Uint8Array | string): void => {
      timer.cancel();
      socket.destroy();
      resolve(outcome);
    };
    const timer = clock.after(timeoutMs, () => finish("timed out"));
    socket.on("error", (error: NodeJS.ErrnoException) => finish(error.code ?? "no connection"));
    socket.on("close", () => finish("the connection was closed"));
    const length = Buffer.alloc(PREFIX_OCTETS);
    length.writeUInt16BE(octets.length);
    socket.on("connect", () => socket.write(Buffer.concat([length, octets])));
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < PREFIX_OCTETS) return;
      const end = PREFIX_OCTETS + received.readUInt16BE(0);
      if (received.length >= end) finish(received.subarray(PREFIX_OCTETS, end));
    });
  });
}
