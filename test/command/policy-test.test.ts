/** `postern policy test` as its author uses it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";

const launcher = join(import.meta.dirname, "../../bin/postern.js");
const folder = mkdtempSync(join(tmpdir(), "postern-policy-test-"));
after(() => rmSync(folder, { recursive: true }));

const MESSAGE = "From: Ann <a@sender.example>\r\nSubject: hello\r\n\r\nsee https://shop.example/x\r\n";

function run(source: string, ...words: string[]) {
  const file = join(folder, "policy.ts");
  writeFileSync(file, source);
  const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, "policy", "test", file, ...words], {
    input: MESSAGE,
    encoding: "utf8",
  });
  return { status, stdout: stdout.replaceAll(/; \d+ ms$/gm, ""), stderr: stderr.replaceAll(folder, "FOLDER") };
}

suite("postern policy test", () => {
  test("prints each answer, and what the file prints", () => {
    const { status, stdout, stderr } = run(
      `export default {
        sender: ({ address }) => ({ score: 2, reason: address }),
        message: ({ linkHosts, subject }, { recipients }) => {
          console.log("asked about", subject);
          return { reject: [...linkHosts, recipients[0].address].join(" ") };
        },
      };`,
      "--from",
      "a@sender.example",
      "--to",
      "bob@example.test",
    );
    assert.deepEqual([status, stderr], [0, "asked about hello\n"]);
    assert.equal(
      stdout,
      "Policy file on the sender: score 2, “a@sender.example”\nPolicy file on the message: reject, “shop.example bob@example.test”\n",
    );
  });

  test("says what failed, and that something did", () => {
    const { status, stdout } = run("export default {\n message() { throw new Error('so'); } };");
    assert.deepEqual(
      [status, stdout],
      [1, "Policy file on the message: failed, an error in it (policy.ts:2: Error: so)\n"],
    );
  });

  test("says why a file cannot be loaded", () => {
    const { status, stderr } = run("export default 5;");
    assert.equal(status, 1);
    assert.match(stderr, /^FOLDER\/policy\.ts: Its default export has none of the functions/);
  });
});
