/** Lines of text for a terminal of 80 columns. What others wrote cannot move its cursor. */

export const COLUMNS = 80;

/** Control and format characters: escape sequences, line ends, marks that turn the direction of writing. */
const NOT_FOR_TERMINALS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

export function plain(text: string): string {
  return text.replace(NOT_FOR_TERMINALS, "?");
}

/** Breaks at blanks, and inside a word where it is longer than a line; each line begins with `indent`, later ones deeper. */
export function wrapped(text: string, indent = "", hanging = `${indent}  `): string[] {
  const lines: string[] = [];
  let line = indent;
  let isEmpty = true;
  for (const word of plain(text).split(" ")) {
    if (!isEmpty && line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = hanging;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
    while (line.length > COLUMNS) {
      lines.push(line.slice(0, COLUMNS));
      line = `${hanging}${line.slice(COLUMNS)}`;
    }
  }
  return [...lines, line];
}

/** `Sender      a@b.example`, its later lines under the value. */
export function labelled(label: string, value: string, width = 12): string[] {
  return wrapped(`${label.padEnd(width)}${value}`, "", " ".repeat(width));
}

export function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", title, ...lines];
}
