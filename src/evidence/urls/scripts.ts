/** Letters that are taken for others: names in which scripts are mixed that do not go together (UTS 39 §5.1, coarsely). */

/** Scripts whose letters look like each other's. Chinese, Japanese and Korean go with Latin and with each other. */
const ALIKE = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
  /\p{Script=Georgian}/u,
  /\p{Script=Hebrew}/u,
  /\p{Script=Arabic}/u,
  /\p{Script=Thai}/u,
];

/** Cyrillic and Greek letters that look like small Latin ones. */
const LATIN_TWINS = /^[асеорхуіјѕԁһӏԛԝьвмнтгк\u03b1\u03bf\u03bd\u03c1\u03c5\u03b9\u03ba0-9-]+$/u;
const ASCII = /^[\0-\x7f]*$/; // oxlint-disable-line no-control-regex -- ASCII is what is asked for

/** @param name in Unicode, as people see it. */
export function mixesScripts(name: string): boolean {
  if (ASCII.test(name)) return false;
  const labels = name.split(/[.\u3002\uff0e\uff61]/);
  return labels.some((label, index) => {
    if (ASCII.test(label)) return false;
    if (ALIKE.filter((script) => script.test(label)).length > 1) return true;
    // All Cyrillic is honest before a Cyrillic top-level domain.
    return index < labels.length - 1 && ASCII.test(labels.at(-1) ?? "") && LATIN_TWINS.test(label);
  });
}
