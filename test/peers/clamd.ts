/** clamd, as Debian has it, with signatures of our own: foreground, own folder, loopback, no updates. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import { freePorts } from "./ports.ts";
import { hold, stop, waitForPort } from "./process.ts";

/** In two halves: this file is no virus. */
export const EICAR = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-", "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"].join("");
export const EICAR_NAME = "Postern.Eicar-Test.UNOFFICIAL";

/** What clamd takes of one stream. */
export const STREAM_OCTETS_MAX = 2 * 1024 * 1024;

export interface Clamd {
  readonly port: number;
  readonly pause: () => void;
  readonly resume: () => void;
  /** Ends it at once. */
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

export async function startClamd(): Promise<Clamd> {
  const folder = mkdtempSync(join(tmpdir(), "postern-clamd-"));
  mkdirSync(join(folder, "db"));
  // Name, any file, anywhere in it, in hexadecimal.
  writeFileSync(join(folder, "db/own.ndb"), `Postern.Eicar-Test:0:*:${Buffer.from(EICAR).toString("hex")}\n`);
  const [port = 0] = await freePorts(1);
  const socket = join(folder, "clamd.sock");
  const settings = [
    "Foreground yes",
    `DatabaseDirectory ${folder}/db`,
    `TemporaryDirectory ${folder}`,
    `LocalSocket ${socket}`,
    "FixStaleSocket yes",
    "TCPAddr 127.0.0.1",
    `TCPSocket ${port}`,
    `StreamMaxLength ${STREAM_OCTETS_MAX}`,
    "MaxThreads 4",
    // Left to itself it becomes a user of its own, who may not write here.
    ...(process.getuid?.() === 0 ? ["User root"] : []),
  ];
  const file = join(folder, "clamd.conf");
  writeFileSync(file, `${settings.join("\n")}\n`);
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    // Debian has it in /usr/sbin.
    const env = { ...process.env, PATH: [process.env["PATH"], "/usr/sbin"].join(delimiter) };
    child = hold(spawn("clamd", ["--config-file", file], { stdio: "ignore", env }));
    await waitForPort(port, child);
  };
  await start();
  return {
    port,
    pause: () => void child?.kill("SIGSTOP"),
    resume: () => void child?.kill("SIGCONT"),
    kill: async () => {
      if (child !== undefined) await stop(child, "SIGKILL");
    },
    start,
    [Symbol.asyncDispose]: async () => {
      if (child !== undefined) await stop(child, "SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Stands between us and a scanner: counts what passes, and calls when so much of one connection has. */
export class Between {
  readonly #server: Server;
  readonly #to: number;
  readonly #open = new Set<Socket>();
  #midway: { readonly octets: number; readonly call: () => void } | undefined;
  #atOnce = 0;
  /** Most connections that were open at the same time. */
  peak = 0;
  connections = 0;

  private constructor(server: Server, to: number) {
    this.#server = server;
    this.#to = to;
    server.on("connection", (socket: Socket) => this.#relay(socket));
  }

  static async open(to: number): Promise<Between> {
    const server = createServer({ allowHalfOpen: false });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    return new Between(server, to);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Once: when so many octets of one connection have passed. */
  midway(octets: number, call: () => void): void {
    this.#midway = { octets, call };
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
  }

  #relay(near: Socket): void {
    const far = connect({ port: this.#to, host: "127.0.0.1" });
    this.connections++;
    this.peak = Math.max(this.peak, ++this.#atOnce);
    near.once("close", () => this.#atOnce--);
    let passed = 0;
    near.on("data", (octets: Buffer) => {
      passed += octets.length;
      const midway = this.#midway;
      if (midway === undefined || passed < midway.octets) return;
      this.#midway = undefined;
      midway.call();
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#open.add(one);
      one.pipe(other);
      one.on("error", () => undefined);
      one.on("close", () => {
        this.#open.delete(one);
        other.destroy();
      });
    }
  }
}

/** An archive with one file, compressed (APPNOTE.TXT 4.3). */
export function zipOf(name: string, octets: Buffer): Buffer {
  const packed = deflateRawSync(octets);
  const about = Buffer.alloc(26);
  about.writeUInt16LE(20, 0);
  about.writeUInt16LE(8, 4);
  about.writeUInt32LE(crc32(octets), 10);
  about.writeUInt32LE(packed.length, 14);
  about.writeUInt32LE(octets.length, 18);
  about.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from("PK\x03\x04"), about, Buffer.from(name), packed]);
  const central = Buffer.concat([Buffer.from("PK\x01\x02\x14\0"), about, Buffer.alloc(14), Buffer.from(name)]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, central, Buffer.from("PK\x05\x06"), end]);
}
