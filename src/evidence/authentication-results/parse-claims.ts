/**
 * What somebody else's Authentication-Results field claims (RFC 8601 §2.2). Read liberally, bounded, and only worth what its
 * writer is worth.
 */
import type { ArcClaims, ClaimedResult } from "../arc/evidence.ts";
import { CLAIM_LENGTH_MAX, CLAIMS_MAX, PROPERTIES_MAX } from "./limits.ts";

/** @param value of an ARC-Authentication-Results field; an instance in front is passed over. */
export function parseClaims(value: string): ArcClaims {
  const statements = words(value);
  const first = statements[0] ?? [];
  const isInstance = first.length > 0 && /^i$/i.test(first[0] ?? "");
  const [authservId = "", ...results] = isInstance ? statements.slice(1) : statements;
  return {
    authservId: cut((authservId[0] ?? "").toLowerCase()),
    results: results.slice(0, CLAIMS_MAX).flatMap(readResult),
  };
}

/** `method [ "/" version ] "=" result`, then `ptype "." property "=" value`. */
function readResult(tokens: readonly string[]): readonly ClaimedResult[] {
  const equals = tokens.indexOf("=");
  const method = tokens[0]?.split("/")[0]?.toLowerCase();
  const result = tokens[equals + 1]?.toLowerCase();
  if (method === undefined || equals === -1 || result === undefined) return [];
  const properties: (readonly [string, string])[] = [];
  for (let at = equals + 2; at < tokens.length && properties.length < PROPERTIES_MAX; at++) {
    const [name, sign, value] = tokens.slice(at, at + 3);
    if (name === undefined || sign !== "=" || value === undefined) continue;
    properties.push([cut(name.toLowerCase()), cut(value)]);
    at += 2;
  }
  return [{ method: cut(method), result: cut(result), properties }];
}

/** Statements between semicolons, each as words and equal signs; comments are left out, quotes taken off. */
function words(value: string): readonly (readonly string[])[] {
  const statements: string[][] = [];
  let statement: string[] = [];
  let word = "";
  let depth = 0;
  let isQuoted = false;
  const endWord = (): void => {
    if (word !== "") statement.push(word);
    word = "";
  };
  for (let at = 0; at < value.length; at++) {
    const character = value.charAt(at);
    if (character === "\\" && (isQuoted || depth > 0)) {
      at++;
      if (isQuoted) word += value.charAt(at);
    } else if (isQuoted) {
      if (character === '"') isQuoted = false;
      else word += character;
    } else if (character === "(") {
      depth++;
    } else if (depth > 0) {
      if (character === ")") depth--;
    } else if (character === '"') {
      isQuoted = true;
    } else if (character === ";") {
      endWord();
      statements.push(statement);
      statement = [];
    } else if (character === "=") {
      endWord();
      statement.push("=");
    } else if (/\s/.test(character)) {
      endWord();
    } else {
      word += character;
    }
  }
  endWord();
  return [...statements, statement];
}

function cut(text: string): string {
  return text.replace(/[^\x21-\x7e]+/g, "?").slice(0, CLAIM_LENGTH_MAX);
}
