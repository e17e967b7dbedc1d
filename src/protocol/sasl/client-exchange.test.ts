import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type SaslClient, startSaslClient } from "./client-exchange.ts";

const USER = { username: "user", password: "pencil", nonce: "rOprNGfwEbeRWgbNEkqO" };
const SERVER_FIRST = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
const SERVER_FINAL = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

function start(...offered: readonly string[]): SaslClient {
  const client = startSaslClient(offered, USER);
  assert.ok(client !== undefined);
  return client;
}

const say = (client: SaslClient, challenge: string): string | undefined => {
  const response = client.respond(Buffer.from(challenge));
  return response && Buffer.from(response).toString();
};

suite("SASL as a client", () => {
  test("takes the best mechanism that is offered", () => {
    assert.equal(start("LOGIN", "PLAIN", "SCRAM-SHA-256").mechanism, "SCRAM-SHA-256");
    assert.equal(start("LOGIN", "PLAIN").mechanism, "PLAIN");
    assert.equal(start("LOGIN").mechanism, "LOGIN");
    assert.equal(startSaslClient(["CRAM-MD5", "XOAUTH2"], USER), undefined);
  });

  test("SCRAM-SHA-256 as in RFC 7677 §3", () => {
    const client = start("SCRAM-SHA-256");
    assert.equal(String(client.initialResponse), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
    assert.equal(
      say(client, SERVER_FIRST),
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    );
    assert.equal(client.mayBelieveSuccess(), false);
    assert.equal(say(client, SERVER_FINAL), "");
    assert.equal(client.mayBelieveSuccess(), true);
  });

  test("SCRAM: a server that does not know the password's hash is not believed", () => {
    const client = start("SCRAM-SHA-256");
    say(client, SERVER_FIRST);
    assert.equal(say(client, SERVER_FINAL.replace("6rri", "7rri")), undefined);
    assert.equal(client.mayBelieveSuccess(), false);
  });

  test("SCRAM: a foreign nonce, a nonce of ours alone, and endless hashing are refused", () => {
    for (const first of [
      "r=someoneElse,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
      "r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
      "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=9999999",
      "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=0",
      "m=ext,r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
      "",
    ]) {
      assert.equal(say(start("SCRAM-SHA-256"), first), undefined, first);
    }
  });

  test("PLAIN and LOGIN say the password once", () => {
    const plain = start("PLAIN");
    assert.equal(String(plain.initialResponse), "\0user\0pencil");
    assert.equal(say(plain, "more"), undefined);
    const login = start("LOGIN");
    assert.equal(login.initialResponse, undefined);
    assert.equal(say(login, "Username:"), "user");
    assert.equal(login.mayBelieveSuccess(), false);
    assert.equal(say(login, "Password:"), "pencil");
    assert.equal(login.mayBelieveSuccess(), true);
    assert.equal(say(login, "Password:"), undefined);
  });
});
