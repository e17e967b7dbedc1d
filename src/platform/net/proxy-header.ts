import type { Socket } from "node:net";
import type { Endpoint } from "#ports/connection.ts";
import { type ProxyEndpoint, ProxyHeaderReader } from "#protocol/proxy/proxy-header.ts";
import { PROXY_HEADER_MS } from "../limits.ts";
import { normaliseAddress } from "./address.ts";

export interface ProxiedEndpoints {
  /** Undefined: the proxy speaks for itself (a health check). */
  readonly source: Endpoint | undefined;
  readonly destination: Endpoint | undefined;
  /** Octets of the connection that came with the header. */
  readonly rest: Uint8Array;
}

/** Reads the header that a listed peer must send first. Rejects when it is malformed or late: nobody knows who the client is. */
export function readProxyHeader(socket: Socket): Promise<ProxiedEndpoints> {
  const reader = new ProxyHeaderReader();
  return new Promise((resolve, reject) => {
    const fail = (cause: string): void => {
      stop();
      reject(new Error(cause));
    };
    const timer = setTimeout(() => fail("no PROXY header came in time"), PROXY_HEADER_MS);
    const closed = (): void => fail("closed before its PROXY header");
    const read = (octets: Uint8Array): void => {
      const step = reader.push(octets);
      if (step.kind === "incomplete") return;
      if (step.kind === "malformed") return fail("malformed PROXY header");
      stop();
      const { endpoints } = step.header;
      resolve({
        source: endpoints && normalised(endpoints.source),
        destination: endpoints && normalised(endpoints.destination),
        rest: step.rest,
      });
    };
    const stop = (): void => {
      clearTimeout(timer);
      socket.pause();
      socket.off("data", read);
      socket.off("close", closed);
      socket.off("end", closed);
    };
    socket.on("close", closed);
    socket.on("end", closed);
    socket.on("data", read);
  });
}

function normalised({ address, port }: ProxyEndpoint): Endpoint {
  return { address: normaliseAddress(address), port };
}
