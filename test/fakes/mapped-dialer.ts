import { failed } from "#mail/result.ts";
import type { Dialer, OutgoingConnection } from "#ports/dialer.ts";

/** A dialer for tests over real sockets: port 25 of addresses that are nobody's leads to ports of this machine. */
export function mappedDialer(real: Dialer, ports: Readonly<Record<string, number>>): Dialer {
  return {
    async dial({ to, timeoutMs }) {
      if ("path" in to) return real.dial({ to, timeoutMs });
      const port = ports[to.address];
      if (port === undefined || to.port !== 25) return failed({ code: "EHOSTUNREACH" });
      const dialled = await real.dial({ to: { address: "127.0.0.1", port }, timeoutMs });
      return dialled.ok ? { ok: true, value: seenAs(dialled.value, to) } : dialled;
    },
  };
}

/** The same connection, with the address that was asked for. */
function seenAs(connection: OutgoingConnection, remote: OutgoingConnection["remote"]): OutgoingConnection {
  return new Proxy(connection, {
    get(target, name) {
      if (name === "remote") return remote;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
