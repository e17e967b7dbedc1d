/** Patterns of LIST and LSUB (RFC 3501 §6.3.8): `*` matches anything, `%` anything within a level. */

const SEPARATOR = "/";
/** In whatever case it stands in a pattern, INBOX is meant (RFC 3501 §5.1). */
const INBOX = /^INBOX(?=\/|$)/;
const INBOX_LENGTH = 5;

export interface ListPattern {
  /** In time linear in the name and in the pattern, whatever stands in them. */
  matches(name: string): boolean;
}

/** @param reference stands in front of the pattern as it is. Both as the parsed command has them. */
export function compileListPattern(reference: string, pattern: string): ListPattern {
  // A wildcard in the reference is one too; wildcards side by side are one.
  const tokens = (reference + pattern).replace(/[*%]+/g, (run) => (run.includes("*") ? "*" : "%"));
  const prefix = /^[^*%]*/.exec(tokens)?.[0] ?? "";
  return {
    // Most names differ from a pattern at its start: those need no more than a look.
    matches: (name) => (name.startsWith(prefix) || INBOX.test(name)) && matchTokens(tokens, name),
  };
}

/**
 * All ways to match at once: `reached[i]` says that the name so far can be what the first `i` tokens match. Nothing is
 * tried again, so no pattern takes more than tokens times characters.
 */
function matchTokens(tokens: string, name: string): boolean {
  const foldedUntil = INBOX.test(name) ? INBOX_LENGTH : 0;
  let reached = new Uint8Array(tokens.length + 1);
  let next = new Uint8Array(tokens.length + 1);
  reached[0] = 1;
  passWildcards(tokens, reached);
  for (let i = 0; i < name.length; i++) {
    const character = name[i] ?? "";
    next.fill(0);
    for (let at = 0; at < tokens.length; at++) {
      if (reached[at] === 0) continue;
      const token = tokens[at] ?? "";
      if (token === "*" || (token === "%" && character !== SEPARATOR)) next[at] = 1;
      else if (token === character || (i < foldedUntil && token.toUpperCase() === character)) next[at + 1] = 1;
    }
    passWildcards(tokens, next);
    [reached, next] = [next, reached];
  }
  return reached[tokens.length] === 1;
}

/** A wildcard may match nothing. */
function passWildcards(tokens: string, reached: Uint8Array): void {
  for (let at = 0; at < tokens.length; at++) {
    if (reached[at] === 1 && (tokens[at] === "*" || tokens[at] === "%")) reached[at + 1] = 1;
  }
}
