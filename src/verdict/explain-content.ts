/** Links with how each was written and where, and what was odd about attachments, in words. */
import type { LinkedHost } from "#evidence/urls/evidence.ts";
import type { Evidence } from "./evidence.ts";

export function explainContent({ urls, content }: Evidence): string[] {
  const left = urls === null ? 0 : Object.values(urls.leftOut).reduce((sum, count) => sum + count, 0);
  return [
    ...(urls?.hosts ?? []).flatMap(host),
    ...(urls?.mismatches ?? []).map(
      ({ shown, target, relation, part }) => `Link in part ${part} shows “${shown}”, leads to ${target} (${relation})`,
    ),
    ...(left === 0 ? [] : ["Links: bounds were reached, not everything was looked at"]),
    ...(content?.files ?? []).map(
      ({ part, name, inside, signs }) =>
        `File ${name}${inside === null ? "" : ` in ${inside}`}, part ${part}: ${signs.join(", ")}`,
    ),
  ];
}

function host({ host: name, derivations }: LinkedHost): string[] {
  return derivations.map(({ raw, decoded, source, part, disguises }) => {
    const undone = decoded === raw ? "" : `, that is ${decoded}`;
    const how = disguises.length === 0 ? "" : ` (${disguises.join(", ")})`;
    return `Link to ${name}: ${raw}${undone}${how}, ${source} of part ${part}`;
  });
}
