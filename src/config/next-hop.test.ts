import assert from "node:assert/strict";
import { test } from "node:test";
import { type NextHop, parseNextHop } from "./next-hop.ts";

function host(name: string, port?: number): NextHop {
  return { kind: "host", host: name, port };
}

test("next hops: names, addresses and sockets, with a port or without", () => {
  const expected: Readonly<Record<string, unknown>> = {
    "smtp.example.net": host("smtp.example.net"),
    "SMTP.example.net:587": host("smtp.example.net", 587),
    "192.0.2.5:25": host("192.0.2.5", 25),
    "[2001:DB8::5]:25": host("2001:db8::5", 25),
    "[2001:db8::5]": host("2001:db8::5"),
    "unix:/run/lmtp": { kind: "unix", path: "/run/lmtp" },
  };
  for (const [text, hop] of Object.entries(expected)) assert.deepEqual(parseNextHop(text), hop, text);
  const wrong = [
    "",
    "2001:db8::5",
    "[192.0.2.5]",
    "smtp.example.net:0",
    "smtp.example.net:99999",
    "a b",
    "unix:run",
    "x:y",
    "[::1",
    "smtp..net",
  ];
  for (const text of wrong) assert.equal(parseNextHop(text), undefined, text);
});
