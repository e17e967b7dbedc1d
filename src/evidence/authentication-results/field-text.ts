/** Structured header fields made of our words and foreign values: nothing foreign ends a line, a comment or a statement. */
import { Buffer } from "node:buffer";
import { LINE_LENGTH, VALUE_OCTETS_MAX } from "./limits.ts";

/** RFC 2045 §5.1. */
const TOKEN = /^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+$/;
const DOT_ATOM = /^[\w!#$%&'*+\-/=?^`{|}~]+(?:\.[\w!#$%&'*+\-/=?^`{|}~]+)*$/;
const ADDRESS = /^(?:[\w!#$%&'*+\-/=?^`{|}~]+(?:\.[\w!#$%&'*+\-/=?^`{|}~]+)*)?@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/;

/**
 * `name=value`, with quotes where they are needed. Undefined where the value cannot be written without change: it is then
 * left out, never made into another one.
 */
export function property(name: string, value: string, form: "token" | "dot-atom" = "token"): string | undefined {
  if (value === "" || Buffer.byteLength(value) > VALUE_OCTETS_MAX || !/^[\x20-\x7e]+$/.test(value)) return undefined;
  const isPlain = form === "dot-atom" ? DOT_ATOM.test(value) : TOKEN.test(value) || ADDRESS.test(value);
  return `${name}=${isPlain ? value : `"${value.replace(/["\\]/g, String.raw`\$&`)}"`}`;
}

/** Cut where it is long: it is for people. */
export function comment(text: string): string {
  const plain = text.replace(/[^\x20-\x7e]+/g, "?").slice(0, VALUE_OCTETS_MAX);
  return `(${plain.replace(/[()\\]/g, String.raw`\$&`)})`;
}

/** Statements on lines of their own, broken between words where a line would grow long (RFC 5322 §2.2.3). With CRLF. */
export function foldedField(
  first: string,
  statements: readonly (readonly (string | undefined)[])[],
  separator: ";" | "",
): string {
  const lines = [first];
  for (const [index, statement] of statements.entries()) {
    const words = statement.filter((word) => word !== undefined);
    const end = index === statements.length - 1 ? "" : separator;
    let line = "";
    for (const [position, word] of words.entries()) {
      const whole = position === words.length - 1 ? word + end : word;
      if (line !== "" && line.length + whole.length + 2 > LINE_LENGTH) {
        lines.push(line);
        line = "";
      }
      line = line === "" ? whole : `${line} ${whole}`;
    }
    lines.push(line);
  }
  return `${lines.join("\r\n\t")}\r\n`;
}
