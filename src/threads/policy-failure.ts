/** Errors of a policy file in one line, with the place where they came from. */
import { FAILURE_DETAIL_MAX } from "#evidence/policy/limits.ts";
import type { PolicyFileProblem } from "./policy-messages.ts";

/** `policy.ts:12: TypeError: …`. Whatever was thrown, nothing is thrown here. */
export function failureDetail(error: unknown, url: string): string {
  try {
    const { name = "Error", message = String(error), stack = "" } = (error ?? {}) as Partial<Error>;
    const line = lineIn(stack, url);
    const place = line === 0 ? "" : `${url.slice(url.lastIndexOf("/") + 1)}:${line}: `;
    return oneLine(`${place}${name}: ${message}`).slice(0, FAILURE_DETAIL_MAX);
  } catch {
    return "an error that cannot be shown";
  }
}

/** @param source of the file: what cannot be found is looked for in it. */
export function fileProblem(error: unknown, url: string, source: string): PolicyFileProblem {
  const { name = "Error", message = String(error), stack = "", code } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  const line = lineIn(stack, url);
  if (code === "ERR_MODULE_NOT_FOUND") {
    const [, wanted = ""] = /'([^']+)'/.exec(message) ?? [];
    return {
      line: line === 0 ? lineNaming(wanted, source) : line,
      message: `Its import of ${wanted} leads to nothing`,
      remedy: "Correct the name, with its extension; packages are looked for in node_modules beside the file.",
    };
  }
  const remedy = message.includes("does not provide an export named")
    ? "Types are imported with `import type`."
    : code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX"
      ? "Types are taken off and nothing is compiled: write without enum, namespace and parameter properties."
      : name === "SyntaxError"
        ? "Correct it; an editor or `tsc` says more."
        : "The file is to run through to its end when it is loaded.";
  return { line, message: oneLine(`${name}: ${message}`).slice(0, FAILURE_DETAIL_MAX), remedy };
}

function lineIn(stack: string, url: string): number {
  const at = stack.indexOf(`${url}:`);
  return at === -1 ? 0 : Number.parseInt(stack.slice(at + url.length + 1), 10) || 0;
}

function lineNaming(wanted: string, source: string): number {
  const name = wanted.slice(wanted.lastIndexOf("/") + 1);
  return source.split("\n").findIndex((line) => line.includes(`${name}"`) || line.includes(`${name}'`)) + 1;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
