const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** For text and attribute values of XML and HTML. What XML 1.0 §2.2 does not allow at all is left out. */
export function xmlEscaped(text: string): string {
  return text.replaceAll(/[^\t\n\r\u0020-\uFFFD]/g, "").replaceAll(/[&<>"']/g, (sign) => ESCAPES[sign] ?? "");
}
