import assert from "node:assert/strict";
import { test } from "node:test";
import type { LinkMismatch } from "./evidence.ts";
import { bodyEvidence } from "./extraction.test-data.ts";

type Expected = Partial<LinkMismatch> | undefined;

async function check(shown: string, href: string, expected: Expected): Promise<void> {
  const { mismatches } = await bodyEvidence(`<a href="${href}">${shown}</a>`, { type: "text/html" });
  const [found] = mismatches;
  if (expected === undefined) assert.equal(found, undefined, `${shown} -> ${href}`);
  else assert.deepEqual({ ...found, ...expected }, found, `${shown} -> ${href}`);
}

const EVIL = "http://www.evil.example/";
const differs = { targetDomain: "evil.example", relation: "differs", mixedScripts: false } as const;

test("text that names another host than the link leads to", async () => {
  await check("http://www.bank.com", EVIL, { ...differs, shownHost: "www.bank.com", shownDomain: "bank.com" });
  await check("www.bank.com", EVIL, differs);
  await check("bank.com/login", EVIL, differs);
  await check("<b>www</b>.bank.com", EVIL, differs);
  await check("https://www.bank.com", "http://192.0.2.7/", { targetDomain: "192.0.2.7", relation: "differs" });
  await check("https://user@www.bank.com/", EVIL, differs);
});

test("text that names the same registered domain, or none", async () => {
  await check("www.evil.example", "http://click.evil.example/track?id=1", undefined);
  for (const text of ["Click here", "See www.bank.com for more", "Co.KG", "file.sh", "user@bank.com", "", "1.2"]) {
    await check(text, EVIL, undefined);
  }
  await check("www.bank.com", "#top", undefined);
});

test("white space, stops and stray entities behind the text are not of it (R53)", async () => {
  for (const tail of ["&sp", "&nbsp;", " &nbsp ", ".", ")", "\u200b", "&sp;"]) {
    await check(`http://www.evil.example${tail}`, EVIL, undefined);
    await check(`http://www.bank.com${tail}`, EVIL, { ...differs, shownHost: "www.bank.com" });
  }
  await check("http://www.evil.example", `${EVIL.slice(0, -1)}&sp`, undefined);
});

test("letters of other scripts, and what cannot be decoded, are compared all the same (R51)", async () => {
  await check("www.b\u0430nk.com", EVIL, { relation: "differs", mixedScripts: true });
  await check("b\u0430nk.de", "https://www.bank.de/", { relation: "differs", mixedScripts: true });
  await check("www.b\ufffdnk.com", EVIL, { relation: "differs", shownHost: null });
  await check("http://\u0441\u043e\u0440\u0435.com", EVIL, { mixedScripts: true });
});

test("a counter of clicks carries the shown host as its last link (R53)", async () => {
  const through = { relation: "passes-through" } as const;
  await check("www.bank.com", `${EVIL}r?u=${encodeURIComponent("http://www.bank.com/")}`, through);
  const outer = `http://mid.example/?v=${encodeURIComponent("http://www.bank.com/")}`;
  await check("www.bank.com", `${EVIL}r?u=${encodeURIComponent(outer)}`, through);
  const bad = `http://www.bank.com/?v=${encodeURIComponent("http://evil.test/")}`;
  await check("www.bank.com", `${EVIL}r?u=${encodeURIComponent(bad)}`, differs);
  await check("www.bank.com", `${EVIL}r?u=http://www.bank.com/&amp;v=http://evil.test/`, differs);
});

test("the same name under another suffix", async () => {
  await check("http://www.roses.co.uk", "http://www.roses.com/", { relation: "same-name" });
});
