/** docs/settings.md: every setting with its type, default, text and reason, as the schema has them. */
import { stringify } from "smol-toml";
import { z } from "zod";
import { bare } from "./problem.ts";
import { posternToml } from "./schema.ts";
import { expectations, notes } from "./setting.ts";
import { WITHOUT_EFFECT } from "./this-version.ts";

const INTRODUCTION = `# Settings

\`postern.toml\` is a TOML file. Postern takes the one named by \`--config\`, else by \`$POSTERN_CONFIG\`, else
\`./postern-data/postern.toml\`, else \`/etc/postern/postern.toml\`. Everything has a default except \`hostname\` and one
\`[[domain]]\`. Unknown keys are errors. \`postern check-config\` shows every problem with its line and what to do.

This page is made from the program: \`node --conditions=postern-source tools/generate-settings-reference.ts\`.
`;

export function settingsReference(): string {
  const top = Object.entries(posternToml.shape as Record<string, z.ZodType>);
  const values = top.filter(([, type]) => tableOf(type) === undefined);
  const tables = top.flatMap(([name, type]) => {
    const table = tableOf(type);
    return table === undefined ? [] : [{ name, type, table }];
  });
  return [
    INTRODUCTION,
    "## At the top of the file",
    "",
    ...values.flatMap(([name, type]) => entry(name, name, type)),
    ...tables.flatMap(({ name, type, table }) => [
      bare(type) instanceof z.ZodArray ? `## \`[[${name}]]\`` : `## \`[${name}]\``,
      "",
      notes.get(type)?.text ?? "",
      "",
      ...(WITHOUT_EFFECT.includes(name) ? ["**Without effect in this version**; it is read and checked.", ""] : []),
      ...Object.entries(table.shape as Record<string, z.ZodType>).flatMap(([key, inner]) =>
        entry(`${name}.${key}`, key, inner),
      ),
    ]),
  ].join("\n");
}

function entry(path: string, key: string, type: z.ZodType): readonly string[] {
  const about = notes.get(type);
  const what = expectations.get(bareOfDefault(type))?.what ?? "";
  const facts = [what.charAt(0).toUpperCase() + what.slice(1), defaultOf(type)].filter((fact) => fact !== "");
  const isAhead = WITHOUT_EFFECT.includes(path) ? ["Without effect in this version."] : [];
  return [
    `### \`${key}\``,
    "",
    `${facts.join(". ")}.`,
    "",
    [about?.text ?? "", ...isAhead].join(" "),
    ...(about?.reason === undefined ? [] : ["", `*Why:* ${about.reason}`]),
    "",
  ];
}

function defaultOf(type: z.ZodType): string {
  const computed = notes.get(type)?.computedDefault;
  if (computed !== undefined) return `Default: ${computed}`;
  if (type instanceof z.ZodDefault) {
    const written = stringify({ v: type.def.defaultValue }).trim();
    return `Default: \`${written.startsWith("v = ") ? written.slice("v = ".length) : "{}"}\``;
  }
  return type instanceof z.ZodOptional ? "" : "Required";
}

function bareOfDefault(type: z.ZodType): z.ZodType {
  return type instanceof z.ZodDefault || type instanceof z.ZodOptional ? (type.unwrap() as z.ZodType) : type;
}

function tableOf(type: z.ZodType): z.ZodObject | undefined {
  const found = bare(type);
  if (found instanceof z.ZodObject) return found;
  return found instanceof z.ZodArray && found.element instanceof z.ZodObject ? found.element : undefined;
}
