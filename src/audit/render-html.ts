/** The report as one page that needs nothing else: no script, no font and no picture from elsewhere. */
import type { AuditReport, Finding, Outcome, ProtectionReport } from "./report.ts";

const WORDS: Readonly<Record<Outcome, string>> = {
  pass: "Pass",
  warn: "Warning",
  fail: "Fail",
  unknown: "Could not check",
};

const STYLE = `
:root { color-scheme: light dark; --ink: #1d2733; --paper: #ffffff; --soft: #f3f5f8; --line: #d9dfe6; --faint: #5b6775;
  --pass: #1a7f4b; --warn: #a15c00; --fail: #c0272d; --unknown: #5b6775; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7ecf2; --paper: #12171d; --soft: #1b222b; --line: #303a46;
  --faint: #9aa7b5; --pass: #4cc38a; --warn: #f0a945; --fail: #ff7b7b; --unknown: #9aa7b5; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; margin: 2.25rem 0 .5rem; }
header p { margin: .25rem 0; color: var(--faint); overflow-wrap: anywhere; }
ol.summary { list-style: none; padding: 0; margin: 1.5rem 0; display: grid; gap: .5rem;
  grid-template-columns: repeat(auto-fit, minmax(19rem, 1fr)); }
ol.summary a { display: flex; justify-content: space-between; gap: 1rem; padding: .6rem .8rem; border: 1px solid var(--line);
  border-radius: .5rem; color: inherit; text-decoration: none; }
ol.summary a:hover, ol.summary a:focus { background: var(--soft); }
.mark { font-weight: 600; white-space: nowrap; }
.pass { color: var(--pass); } .warn { color: var(--warn); } .fail { color: var(--fail); } .unknown { color: var(--unknown); }
article { border-left: .25rem solid var(--line); padding: .25rem 0 .25rem .9rem; margin: .8rem 0; }
article.fail { border-color: var(--fail); color: inherit; } article.warn { border-color: var(--warn); color: inherit; }
article.pass { border-color: var(--pass); color: inherit; } article.unknown { color: inherit; }
article p { margin: .2rem 0; overflow-wrap: anywhere; } article .remedy { color: var(--faint); }
pre { background: var(--soft); padding: .6rem .8rem; border-radius: .4rem; overflow-x: auto; font-size: .85rem; margin: .4rem 0;
  white-space: pre-wrap; overflow-wrap: anywhere; }
details summary { cursor: pointer; color: var(--faint); }
`;

export function renderHtml({ domain, atMs, hosts, protections }: AuditReport): string {
  const date = new Date(atMs).toISOString().slice(0, 16).replace("T", " ");
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>Mail audit of ${escaped(domain)}</title><style>${STYLE}</style></head><body>`,
    `<header><h1>Mail audit of ${escaped(domain)}</h1><p>${date} UTC</p><p>${escaped(hosts.join(", "))}</p></header>`,
    `<ol class="summary">${protections.map(summary).join("")}</ol>`,
    ...protections.map(section),
    "</body></html>\n",
  ].join("\n");
}

function summary({ number, name, outcome }: ProtectionReport): string {
  return `<li><a href="#p${number}"><span>${number} ${escaped(name)}</span>${mark(outcome)}</a></li>`;
}

function section({ number, name, outcome, findings }: ProtectionReport): string {
  const [good, rest] = [findings.filter(isPassed), findings.filter((finding) => !isPassed(finding))];
  const passed =
    good.length === 0
      ? ""
      : `<details${rest.length === 0 ? " open" : ""}><summary>${good.length} passed</summary>${good.map(article).join("")}</details>`;
  return `<section id="p${number}"><h2>${number} ${escaped(name)} ${mark(outcome)}</h2>${rest.map(article).join("")}${passed}</section>`;
}

function isPassed({ outcome }: Finding): boolean {
  return outcome === "pass";
}

function article({ outcome, says, evidence, remedy }: Finding): string {
  const lines = evidence.length === 0 ? "" : `<pre>${escaped(evidence.join("\n"))}</pre>`;
  const todo = remedy === undefined ? "" : `<p class="remedy">${withCode(escaped(remedy))}</p>`;
  return `<article class="${outcome}"><p>${mark(outcome)} ${escaped(says)}</p>${lines}${todo}</article>`;
}

function mark(outcome: Outcome): string {
  return `<span class="mark ${outcome}">${WORDS[outcome]}</span>`;
}

/** Commands and settings stand between backticks. */
function withCode(html: string): string {
  return html.replace(/`([^`]+)`/g, "<code>$1</code>");
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
