/** Real files in real threads: whatever they do, questions are answered, and the next one as if nothing had been. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { after, suite, test } from "node:test";
import type { PolicyStage } from "#evidence/policy/evidence.ts";
import type { PolicyQuestion } from "#evidence/policy/question.ts";
import { systemClock } from "#platform/system-clock.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { policyQuestion } from "../../test/fakes/policy-question.ts";
import type { Alert } from "./alert.ts";
import { openPolicyHost, PolicyFileWatch, policyFileProblem } from "./policy-file.ts";
import type { PolicyHost, PolicyWatch } from "./policy-host.ts";

/** Milliseconds: long for what answers at once, short for what never does. */
const PATIENT_MS = 20_000;
const SHORT_MS = 300;
const FOLDER = import.meta.dirname;

const hosts: PolicyHost[] = [];
after(() => {
  for (const host of hosts) host.close();
});

function settings(source: string, timeoutMs: number) {
  const file = resolve(FOLDER, "policy-of-a-test.ts");
  return { file, source, timeoutMs, whenItFails: "defer", memoryMebibytes: 32 } as const;
}

function open(source: string, timeoutMs = PATIENT_MS, watch: Partial<PolicyWatch> = {}): PolicyHost {
  const quiet = { failed: () => undefined, answered: () => undefined, printed: () => undefined, ...watch };
  const host = openPolicyHost(settings(source, timeoutMs), { clock: systemClock, watch: quiet });
  hosts.push(host);
  return host;
}

/** The outcome of each stage, as `reject: no` or `failed: threw: policy…`. */
async function ask(host: PolicyHost, question: PolicyQuestion): Promise<string> {
  const answers = await host.ask(question);
  return answers
    .map(({ outcome }) => {
      if (outcome.kind === "nothing") return "nothing";
      return outcome.kind === "failed"
        ? `failed: ${outcome.why}: ${outcome.detail}`
        : `${outcome.kind}: ${outcome.text}`;
    })
    .join(" | ");
}

const message = (subject: string): PolicyQuestion => policyQuestion(["message"], { subject });
const recipient = policyQuestion(["recipient"]);

/** What a policy does with this subject; with others it says them. */
const doing = (what: string): string =>
  `export default { async message({ subject }) { if (subject === "bad") { ${what} } return { junk: subject }; } };`;

suite("a policy file", () => {
  test("is asked for the functions that it has, with types and all, and told what is known", async () => {
    const host = open(`
      import { type Check, type Answer } from "postern/policy";
      export default {
        connection: ({ address }) => ({ junk: address }),
        async recipient({ address }, { sender, connection }): Promise<Answer> {
          return { reject: [address, sender.address, connection.helo].join(" ") };
        },
      } satisfies Check;`);
    assert.equal(await host.loaded, undefined);
    assert.deepEqual([...host.stages], ["connection", "recipient"] satisfies PolicyStage[]);
    const found = await ask(host, policyQuestion(["connection", "recipient"]));
    assert.equal(found, "junk: 198.51.100.7 | reject: user@local.test a@sender.example client.example");
  });

  test("runs as it was read: what changes on the disk waits for a reload", async () => {
    const host = open(`import { readFileSync } from "node:fs";
      export default { message: () => ({ junk: readFileSync("package.json", "utf8").slice(0, 1) }) };`);
    assert.equal(await ask(host, message("")), "junk: {"); // there is no file of its name at all
  });

  test("cannot change what it is told: facts are frozen through and through", async () => {
    const host = open(`export default { message(one) { one.from[0].address = "x"; } };`);
    assert.match(await ask(host, message("")), /^failed: threw: policy-of-a-test\.ts:1: TypeError: Cannot assign/);
  });
});

suite("a policy file that fails answers for one question, and for the next as if nothing had been", () => {
  const failures: readonly (readonly [what: string, source: string, expected: RegExp])[] = [
    ["an exception", `throw new RangeError("so");`, /^failed: threw: policy-of-a-test\.ts:1: RangeError: so$/],
    ["a rejected promise", `await Promise.reject(new Error("so"));`, /^failed: threw: .*Error: so$/],
    [
      "something thrown that is no error",
      `throw { get message() { throw 1; } };`,
      /^failed: threw: an error that cannot/,
    ],
    ["an exception of null", "throw null;", /^failed: threw: Error: null$/],
    ["an endless loop", "for (;;);", /^failed: timed-out: $/],
    ["an endless loop behind an await", "await 0; for (;;);", /^failed: timed-out: $/],
    ["an endless loop in an answer's getter", "return { get junk() { for (;;); } };", /^failed: timed-out: $/],
    ["an await for ever", "await new Promise(() => {});", /^failed: timed-out: $/],
    ["a thenable that never resolves", "return { then() {} };", /^failed: timed-out: $/],
    ["a search that takes for ever", `/^(a+)+$/.test("a".repeat(60) + "!");`, /^failed: timed-out: $/],
    ["a wait in the system", "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);", /^failed: timed-out: $/],
    ["process.exit()", "process.exit(0);", /^failed: ended: /],
    ["no memory", "const all = []; for (;;) all.push(new Array(10_000).fill({}));", /^failed: ended: .*memory limit/],
    ["an answer that is none", "return { accept: true };", /^failed: bad-answer: "accept" is no part of an answer$/],
    ["an answer that cannot be cloned", "return () => 1;", /^failed: bad-answer: a function is no answer$/],
    ["a proxy that throws", "return new Proxy({}, { ownKeys() { throw 1; } });", /^failed: threw: Error: 1$/],
    ["a giant answer", `return { reject: "x".repeat(5e6), headers: {} };`, /^reject: x{300}$/],
    ["answers without end", "return Array.from({ length: 1e5 }, () => ({}));", /^failed: bad-answer: an array/],
    ["an answer of its prototype", `return Object.create({ reject: "no" });`, /^failed: bad-answer: an object without/],
  ];
  for (const [what, source, expected] of failures) {
    test(what, async () => {
      const host = open(doing(source), expected.source.includes("timed-out") ? SHORT_MS : PATIENT_MS);
      await host.loaded;
      assert.match(await ask(host, message("bad")), expected);
      assert.equal(await ask(host, message("good")), "junk: good");
    });
  }

  test("an endless loop takes nobody with it: others that wait are asked again", async () => {
    const host = open(doing("for (;;);"), SHORT_MS);
    await host.loaded;
    const asked = [ask(host, message("one")), ask(host, message("bad")), ask(host, message("two"))];
    assert.deepEqual(await Promise.all(asked), ["junk: one", "failed: timed-out: ", "junk: two"]);
  });

  test("a function that only waits is not blamed for the loop of another", async () => {
    const host = open(
      `export default { async message({ subject }) {
        if (subject === "bad") for (;;);
        await new Promise((resolve) => setTimeout(resolve, 100));
        return { junk: subject };
      } };`,
      3 * SHORT_MS,
    );
    await host.loaded;
    const waiting = ask(host, message("one"));
    const bad = ask(host, message("bad"));
    assert.deepEqual(await Promise.all([waiting, bad]), ["junk: one", "failed: timed-out: "]);
  });

  test("process.exit() takes nobody with it", async () => {
    const host = open(doing("process.exit(0);"));
    await host.loaded;
    const asked = [ask(host, message("bad")), ask(host, message("one"))];
    assert.deepEqual(await Promise.all(asked), ["failed: ended: it ended by itself", "junk: one"]);
  });

  test("a promise that nobody waits for, and a timer, belong to no question", async () => {
    const strays = Promise.withResolvers<void>();
    let count = 0;
    const host = open(
      doing(`Promise.reject(new Error("a")); setTimeout(() => { throw new Error("b"); });`),
      PATIENT_MS,
      {
        failed: () => (++count === 2 ? strays.resolve() : undefined),
      },
    );
    assert.equal(await ask(host, message("bad")), "junk: bad");
    await strays.promise;
    assert.equal(await ask(host, message("good")), "junk: good");
  });

  test("what it sends by itself is no answer, and no error of the server", async () => {
    const host = open(`
      import { parentPort } from "node:worker_threads";
      const send = (message) => parentPort.postMessage(message);
      export default { message({ subject }) {
        if (subject !== "bad") return { junk: subject };
        for (const kind of ["ready", "started", "answered", "stray", "other"]) send({ kind });
        for (const stray of [null, 5, "x", [], { kind: "ready", stages: 5 }]) send(stray);
        send({ kind: "answered", id: 1, answers: 5 });
      } };`);
    assert.match(await ask(host, message("bad")), /^failed: bad-answer: /);
    assert.equal(await ask(host, message("good")), "junk: good");
  });
});

async function checkProblem(source: string, line: number, expected: RegExp): Promise<void> {
  const problem = await policyFileProblem(settings(source, PATIENT_MS), systemClock);
  assert.equal(problem?.line, line);
  assert.match(`${problem.message}. ${problem.remedy}`, expected);
}

suite("a policy file that cannot be loaded", () => {
  test("is told of with its line and what to do", async () => {
    await checkProblem("const a = 1;\nexport default { message( { ;", 2, /^SyntaxError: Unexpected token.*tsc/);
    await checkProblem(
      "const a = 1;\n\nenum B { C }",
      3,
      /^SyntaxError: TypeScript enum is not supported.*nothing is compiled/,
    );
    await checkProblem('\nimport { Check } from "postern/policy";', 2, /`import type`/);
    await checkProblem('\n\nimport { a } from "./not-there.ts";', 3, /not-there\.ts leads to nothing/);
    await checkProblem("\nthrow new Error('so');", 2, /^Error: so\. The file is to run through/);
    await checkProblem("export const message = () => undefined;", 0, /^It has no default export.*satisfies Check/);
    await checkProblem("export default { mesage() {} };", 0, /^Its default export has none of the functions/);
    await checkProblem("process.exit(0);", 0, /^Its thread ended/);
    await checkProblem("await new Promise(() => {});", 0, /^Its thread ended/);
  });

  test("fails all that it is asked, and keeps nobody waiting", async () => {
    const host = open("throw new Error('so');");
    assert.match(await ask(host, recipient), /^failed: unusable: line 1: Error: so$/);
    assert.match(await ask(host, recipient), /^failed: unusable: /);
    assert.match(await ask(host, recipient), /^failed: (?:unusable|suspended): /);
    assert.match(await ask(host, recipient), /^failed: suspended: $/);
  });
});

suite("what the administrator is told of a policy file", () => {
  test("that it fails, once in a while, and that it works again after some answers", () => {
    const told: string[] = [];
    const clock = new FakeClock();
    const gate = {
      alert: ({ name, text, evidence }: Alert) => void told.push(`${name}: ${text} ${evidence.join()}`),
      settled: (name: string) => void told.push(`${name} is over`),
    };
    const log = new FakeLog();
    const watch = new PolicyFileWatch({ file: "/etc/policy.ts", whenItFails: "defer", gate, clock, log });
    watch.failed("message", "threw", "policy.ts:3: Error: so");
    for (let time = 0; time < 100; time++) watch.failed("message", "threw", "policy.ts:3: Error: so");
    assert.deepEqual(told, [
      "policy-failing: The policy file fails (message: threw). Mail that it cannot be asked about is deferred. policy.ts:3: Error: so",
    ]);
    for (let time = 0; time < 100; time++) watch.answered();
    assert.deepEqual(told.slice(1), ["policy-failing is over"]);
  });
});

suite("docs/examples/policy.ts", () => {
  test("loads, and does what its comments say", async () => {
    const file = resolve("docs/examples/policy.ts");
    const host = open(readFileSync(file, "utf8"));
    assert.equal(await host.loaded, undefined);
    const list = { address: "everybody@example.com", domain: "example.com", accounts: ["a@example.com"] };
    assert.match(await ask(host, { ...recipient, recipients: [list] }), /^reject: Only members of staff/);
    const invoice = policyQuestion(["message"], { subject: "Invoice", text: "Pay EX-12" });
    assert.equal(await ask(host, invoice), "score: an invoice without an order number of ours");
    const disk = { name: "a.iso", type: "application/octet-stream", sizeOctets: 1 };
    assert.match(await ask(host, policyQuestion(["message"], { attachments: [disk] })), /^reject: Disk images/);
    const from = [{ name: "Erika Mustermann", address: "e@sender.example" }];
    assert.match(await ask(host, policyQuestion(["message"], { from })), /^quarantine: the name of the boss/);
    const [proven] = await host.ask(policyQuestion(["message"], { dmarc: "pass", dkim: ["sender.example"] }));
    assert.deepEqual(proven?.headers, [{ name: "X-Postern-Policy-Proven", value: "sender.example" }]);
  });
});
