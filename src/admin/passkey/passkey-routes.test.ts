import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { PasskeyVisitor } from "#identity/second-factor/passkey-desk.ts";
import { failed, ok } from "#mail/result.ts";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { createWebApp, type WebClient } from "../web-app.ts";
import { AskingPace } from "./asking-pace.ts";
import { ANSWER_CHARACTERS_MAX, QUESTION_MS, QUESTIONS_AT_ONCE_MAX, TOKEN_CHARACTERS_MAX } from "./limits.ts";
import type { PasskeyPage } from "./passkey-routes.ts";

const ORIGIN = "https://mx1.example.com:2443";
const HERE: WebClient = { address: "198.51.100.7", isSecure: true, isPrivate: false, isLocal: false };
const ANSWER = {
  id: "abc",
  rawId: "abc",
  type: "public-key",
  response: { clientDataJSON: "e30", authenticatorData: "AA", signature: "AA", userHandle: "MQ" },
};

interface Asking {
  readonly body?: unknown;
  readonly origin?: string | null;
  readonly type?: string;
  readonly host?: string;
  readonly client?: Partial<WebClient>;
}

function pageWith(desk: Partial<PasskeyPage["desk"]> = {}, clock = new FakeClock()) {
  const visitors: PasskeyVisitor[] = [];
  const answers: unknown[] = [];
  const hear = async (visitor: PasskeyVisitor, answer?: unknown) => {
    visitors.push(visitor);
    answers.push(answer);
    return failed("no-such-link" as const);
  };
  const app = createWebApp({
    settings: {
      hostname: "mx1.example.com",
      domains: [{ name: "example.com", mtaSts: { mode: "none", maxAgeSeconds: 1, mx: [] } }],
      services: [],
    },
    httpsPort: 2443,
    keyAuthorization: () => undefined,
    metrics: async () => undefined,
    passkeys: {
      desk: { open: hear, askToRegister: hear, register: hear, askToLogIn: hear, logIn: hear, ...desk },
      party: { id: "mx1.example.com", origins: [ORIGIN, "https://mx1.example.com"] },
      pace: new AskingPace(clock),
      sourceOf: (address) => address,
      files: { html: "<title>page</title>", css: "p {}", js: "run();" },
    },
  });
  const get = (path: string, host = "https://mx1.example.com:2443", client: Partial<WebClient> = {}) =>
    app.respond(new Request(`${host}${path}`), { ...HERE, ...client });
  const ask = async (path: string, { body, origin = ORIGIN, type = "application/json", host, client }: Asking = {}) => {
    const headers = { "content-type": type, ...(origin === null ? {} : { origin }) };
    const text = typeof body === "string" ? body : JSON.stringify(body ?? { token: "right" });
    const request = new Request(`${host ?? ORIGIN}/passkey/${path}`, { method: "POST", headers, body: text });
    const response = await app.respond(request, { ...HERE, ...client });
    return { status: response.status, said: await response.json().catch<unknown>(() => undefined) };
  };
  return { get, ask, visitors, answers };
}

suite("the page for passkeys", () => {
  test("is of this server alone: nothing of others, nothing inline, no frame, no referrer, kept nowhere", async () => {
    const { get } = pageWith();
    const served = await Promise.all(["", "/page.css", "/page.js"].map((path) => get(`/passkey${path}`)));
    assert.deepEqual(
      served.map(({ status, headers }) => [status, headers.get("content-type")]),
      [
        [200, "text/html; charset=utf-8"],
        [200, "text/css; charset=utf-8"],
        [200, "text/javascript; charset=utf-8"],
      ],
    );
    for (const { headers } of served) {
      const policy = headers.get("content-security-policy") ?? "";
      for (const part of ["default-src 'none'", "script-src 'self';", "style-src 'self';", "frame-ancestors 'none'"]) {
        assert.ok(policy.includes(part), part);
      }
      assert.doesNotMatch(policy, /unsafe|https?:|\*/);
      assert.equal(headers.get("referrer-policy"), "no-referrer");
      assert.equal(headers.get("cache-control"), "no-store");
    }
  });

  test("is nowhere but inside our TLS, at the host's own name", async () => {
    const { get, ask, visitors } = pageWith();
    for (const host of ["https://example.com", "https://autoconfig.example.com", "https://localhost:2443"]) {
      assert.equal((await get("/passkey", host)).status, 404, host);
      assert.equal((await ask("open", { host })).status, 404, host);
    }
    for (const client of [
      { isSecure: false },
      { isSecure: false, isPrivate: true },
      { isSecure: false, isLocal: true },
    ]) {
      assert.equal((await get("/passkey", "http://mx1.example.com", client)).status, 404);
      assert.equal((await ask("open", { host: "http://mx1.example.com", client })).status, 404);
    }
    assert.deepEqual(visitors, []);
  });

  test("asks for each step, and hands what browsers answer on", async () => {
    const { ask, visitors, answers } = pageWith({
      logIn: async (_, answer) => {
        answers.push(answer);
        return ok({ accountId: 1, address: "alice@example.com", name: "phone" });
      },
    });
    assert.deepEqual(await ask("open"), { status: 403, said: { problem: "no-such-link" } });
    assert.deepEqual(visitors, [{ token: "right", remoteAddress: "198.51.100.7" }]);
    const response = { clientDataJSON: "e30", attestationObject: "AA", transports: ["internal", "carrier-pigeon"] };
    await ask("make", { body: { token: "right", answer: { ...ANSWER, response } } });
    const tried = await ask("try", {
      body: { token: "right", answer: { ...ANSWER, clientExtensionResults: { a: 1 } } },
    });
    assert.deepEqual(tried, { status: 200, said: { name: "phone" } });
    assert.deepEqual(answers.slice(1), [
      { ...ANSWER, clientExtensionResults: {}, response: { ...response, transports: ["internal"] } },
      { ...ANSWER, clientExtensionResults: {} },
    ]);
  });

  test("another site cannot ask, nor can a form (CSRF)", async () => {
    const { ask, visitors } = pageWith();
    const origins = [
      null,
      "null",
      "https://evil.test",
      "https://mx1.example.com:8443",
      "https://mx1.example.com.evil.test",
    ];
    for (const origin of origins) {
      assert.deepEqual(await ask("open", { origin }), { status: 400, said: { problem: "bad-question" } });
    }
    for (const type of ["text/plain", "application/x-www-form-urlencoded"]) {
      assert.equal((await ask("open", { type })).status, 400);
    }
    assert.deepEqual(visitors, []);
    assert.equal((await ask("open", { origin: "https://mx1.example.com" })).status, 403);
    assert.equal(visitors.length, 1);
  });

  test("what is of another shape, or too long, reaches nobody", async () => {
    const { ask, visitors } = pageWith();
    const long = "A".repeat(ANSWER_CHARACTERS_MAX + 1);
    const bodies: readonly [string, unknown][] = [
      ["open", "no JSON"],
      ["open", "null"],
      ["open", {}],
      ["open", { token: 7 }],
      ["open", { token: "x".repeat(TOKEN_CHARACTERS_MAX + 1) }],
      ["try", { token: "right" }],
      ["try", { token: "right", answer: { ...ANSWER, type: "password" } }],
      ["try", { token: "right", answer: { ...ANSWER, id: "a b" } }],
      ["try", { token: "right", answer: { ...ANSWER, response: { ...ANSWER.response, signature: long } } }],
      ["make", { token: "right", answer: ANSWER }],
    ];
    for (const [path, body] of bodies) assert.equal((await ask(path, { body })).status, 400, JSON.stringify(body));
    assert.deepEqual(visitors, []);
  });

  test("one address asks so often, and another meanwhile", async () => {
    const clock = new FakeClock();
    const { ask, visitors } = pageWith({}, clock);
    for (let asked = 0; asked < QUESTIONS_AT_ONCE_MAX; asked++) assert.equal((await ask("open")).status, 403);
    assert.deepEqual(await ask("open"), { status: 429, said: { problem: "must-wait" } });
    assert.equal(visitors.length, QUESTIONS_AT_ONCE_MAX);
    assert.equal((await ask("open", { client: { address: "203.0.113.9" } })).status, 403);
    clock.advance(QUESTION_MS);
    assert.equal((await ask("open")).status, 403);
    assert.equal((await ask("open")).status, 429);
  });
});
