import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { suite, test } from "node:test";
import { ask } from "./ask-control.ts";

/** A server that answers each line as told, in pieces of `pieceOctets`. */
function server(answer: (line: string) => string | undefined, pieceOctets = 7): Duplex {
  return new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      const text = answer(chunk.toString("utf8"));
      if (text === undefined) this.push(null);
      else for (let at = 0; at < text.length; at += pieceOctets) this.push(text.slice(at, at + pieceOctets));
      done();
    },
  });
}

suite("a question over the control socket", () => {
  test("is one line of JSON, and its answer one line however it is cut", async () => {
    const lines: string[] = [];
    const stream = server((line) => {
      lines.push(line);
      return '{"id":1,"ok":true,"value":{"x":"é"}}\n';
    }, 3);
    assert.deepEqual(await ask(stream, "status", { a: 1 }), { x: "é" });
    assert.deepEqual(lines, ['{"id":1,"command":"status","args":{"a":1}}\n']);
  });

  test("rejects with the server's error", async () => {
    await assert.rejects(
      ask(
        server(() => '{"id":1,"ok":false,"error":"no such thing"}\n'),
        "x",
        {},
      ),
      /^Error: no such thing$/,
    );
  });

  test("rejects when the server goes away without an answer", async () => {
    await assert.rejects(
      ask(
        server(() => undefined),
        "x",
        {},
      ),
      /closed the connection without an answer/,
    );
  });

  test("rejects when the connection breaks", async () => {
    const stream = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done(new Error("broken pipe")) });
    await assert.rejects(ask(stream, "x", {}), /broken pipe/);
  });
});
