/**
 * HTTP/1.1 over the listeners of mail: `node:http` reads requests and writes answers, the connection itself is one like any
 * other, with the same limits and the same end. What is answered is said by a function from Request to Response.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Accept, Connection, ConnectionHandler } from "#ports/connection.ts";
import type { Log } from "#ports/log.ts";
import { ACME_TLS_ALPN } from "../tls/server-tls.ts";
import { ConnectionStream } from "./connection-stream.ts";
import {
  BODY_OCTETS_MAX,
  HEADER_FIELDS_MAX,
  HEADER_OCTETS_MAX,
  IDLE_MS,
  REQUEST_MS,
  REQUESTS_PER_CONNECTION_MAX,
} from "./limits.ts";

export interface HttpClient {
  readonly address: string;
  readonly isSecure: boolean;
}

/** A rejection is a bug, and answered with 500. */
export type Respond = (request: Request, client: HttpClient) => Promise<Response>;

interface Session {
  readonly connection: Connection;
  /** Requests whose answer is not sent yet. */
  open: number;
  isLast: boolean;
}

const METHODS = ["GET", "HEAD", "POST"];

export function createHttpAccept({ respond, log }: { readonly respond: Respond; readonly log: Log }): Accept {
  const sessions = new WeakMap<object, Session>();
  const server = createServer(
    // Times are the connection's own deadlines: node's would need a server that listens by itself.
    { maxHeaderSize: HEADER_OCTETS_MAX, keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 },
    (request, response) => {
      const session = sessions.get(request.socket);
      if (session !== undefined) void answer(request, response, session);
    },
  );
  server.on("clientError", (error: NodeJS.ErrnoException, stream) => refuse(stream, error.code));
  server.maxHeadersCount = HEADER_FIELDS_MAX;
  server.maxRequestsPerSocket = REQUESTS_PER_CONNECTION_MAX;
  // A client may close its side when it has asked.
  Object.assign(server, { httpAllowHalfOpen: true });

  async function answer(request: IncomingMessage, response: ServerResponse, session: Session): Promise<void> {
    const { connection } = session;
    session.open++;
    connection.setDeadline(REQUEST_MS);
    response.on("close", () => {
      session.open--;
      if (session.open === 0) connection.setDeadline(IDLE_MS);
    });
    try {
      const client = { address: connection.remote.address, isSecure: connection.tls !== undefined };
      await send(response, await responseTo(request, client, respond), session.isLast);
    } catch (error) {
      log.error("http-request-failed", { session: connection.id, cause: String(error) });
      if (!response.headersSent) await send(response, new Response(null, { status: 500 }), true);
      else response.destroy();
    }
  }

  return (connection) => {
    if (connection.tls?.alpn === ACME_TLS_ALPN) return farewell(connection);
    const session: Session = { connection, open: 0, isLast: false };
    const stream = new ConnectionStream(connection);
    sessions.set(stream, session);
    connection.setDeadline(REQUEST_MS);
    server.emit("connection", stream);
    return handlerOf(session, stream);
  };
}

function handlerOf(session: Session, stream: ConnectionStream): ConnectionHandler {
  return {
    octets: (octets) => stream.receive(octets),
    inputEnded: () => stream.receiveEnd(),
    drained: () => stream.drained(),
    timedOut: () => stream.destroy(),
    shutdown: () => {
      session.isLast = true;
      if (session.open === 0) stream.end();
    },
    closed: () => stream.destroy(),
  };
}

/** What is no request is answered once, and the connection ends. */
function refuse(stream: Duplex, code: string | undefined): void {
  if (!stream.writable || code === "ECONNRESET") return void stream.destroy();
  const status = code === "HPE_HEADER_OVERFLOW" ? "431 Request Header Fields Too Large" : "400 Bad Request";
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** RFC 8737 §3: the certificate in the handshake was the answer. */
function farewell(connection: Connection): ConnectionHandler {
  connection.end();
  return { octets: nothing, drained: nothing, timedOut: nothing, shutdown: nothing, closed: nothing };
}

function nothing(): void {
  // The connection is over.
}

async function responseTo(message: IncomingMessage, client: HttpClient, respond: Respond): Promise<Response> {
  const { method = "", url: target = "", headers } = message;
  if (!METHODS.includes(method)) return new Response(null, { status: 405, headers: { allow: METHODS.join(", ") } });
  const url = URL.parse(`${client.isSecure ? "https" : "http"}://${headers.host ?? ""}${target}`);
  // In origin form (RFC 9112 §3.2.1): a target of another form would move the border between host and path.
  if (url === null || !target.startsWith("/") || url.username !== "" || url.password !== "") {
    return new Response(null, { status: 400 });
  }
  const body = await bodyOf(message);
  if (body === undefined) return new Response(null, { status: 413, headers: { connection: "close" } });
  const fields = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as [string, string]] : [],
  );
  return respond(new Request(url, { method, headers: fields, ...(method === "POST" ? { body } : {}) }), client);
}

/** Undefined: too long. */
async function bodyOf(message: IncomingMessage): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const pieces: Buffer[] = [];
  let octets = 0;
  for await (const piece of message as AsyncIterable<Buffer>) {
    octets += piece.length;
    if (octets > BODY_OCTETS_MAX) return undefined;
    pieces.push(piece);
  }
  return Uint8Array.from(Buffer.concat(pieces));
}

async function send(response: ServerResponse, { status, headers, body }: Response, isLast: boolean): Promise<void> {
  const octets = body === null ? Buffer.alloc(0) : Buffer.from(await new Response(body).arrayBuffer());
  response.statusCode = status;
  for (const [name, value] of headers) response.setHeader(name, value);
  response.setHeader("content-length", octets.length);
  if (isLast) response.setHeader("connection", "close");
  response.end(octets);
}
