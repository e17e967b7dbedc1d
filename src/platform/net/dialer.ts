import { connect, type Socket } from "node:net";
import { failed, ok, type Result } from "#mail/result.ts";
import type { Endpoint } from "#ports/connection.ts";
import type { Dialer, DialProblem, DialTarget, OutgoingConnection } from "#ports/dialer.ts";
import { normaliseAddress } from "./address.ts";
import { SocketOutgoingConnection } from "./outgoing-connection.ts";

/** Connections over TCP and local sockets. */
export const systemDialer: Dialer = { dial };

function dial(target: DialTarget): Promise<Result<OutgoingConnection, DialProblem>> {
  return new Promise((resolve) => {
    const socket = open(target);
    if (socket === undefined) return resolve(failed({ code: "EINVAL" }));
    const settle = (outcome: Result<OutgoingConnection, DialProblem>): void => {
      clearTimeout(timer);
      socket.off("connect", connected);
      socket.off("error", refused);
      if (!outcome.ok) socket.on("error", () => undefined).destroy();
      resolve(outcome);
    };
    const connected = (): void => settle(ok(new SocketOutgoingConnection(socket, endpointsOf(socket, target))));
    const refused = ({ code = "unknown" }: NodeJS.ErrnoException): void => settle(failed({ code }));
    const timer = setTimeout(() => settle(failed({ code: "TIMEOUT" })), target.timeoutMs);
    socket.on("connect", connected);
    socket.on("error", refused);
  });
}

/** Undefined: an address or port that is none. */
function open({ to, from }: DialTarget): Socket | undefined {
  // Half-open: what the other side says after its or our FIN is still heard.
  const options = { noDelay: true, keepAlive: true, allowHalfOpen: true };
  try {
    if ("path" in to) return connect({ ...options, path: to.path });
    return connect({
      ...options,
      host: to.address,
      port: to.port,
      ...(from === undefined ? {} : { localAddress: from }),
      // An address that reached us as a name would be asked for outside of our resolver.
      lookup: (_name, _options, answer) => answer(Object.assign(new Error("no address"), { code: "EINVAL" }), ""),
    });
  } catch {
    return undefined;
  }
}

function endpointsOf(socket: Socket, { to }: DialTarget): { remote: Endpoint; local: Endpoint } {
  if ("path" in to) {
    const endpoint = { address: `unix:${to.path}`, port: 0 };
    return { remote: endpoint, local: endpoint };
  }
  const { localAddress = "", localPort = 0 } = socket;
  return {
    remote: { address: normaliseAddress(to.address), port: to.port },
    local: { address: normaliseAddress(localAddress), port: localPort },
  };
}
