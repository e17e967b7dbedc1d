/** The files that tidy tests look at, and the imports in them. */
import { globSync, readFileSync } from "node:fs";

export interface Import {
  readonly file: string;
  /** First folder below `src`; `main` for the composition root. */
  readonly room: string;
  readonly target: string;
  /** Vanishes when the types are stripped. */
  readonly isTypeOnly: boolean;
}

export const SOURCE_FILES: readonly string[] = globSync("src/**/*.ts", {
  exclude: ["**/*.test.ts", "**/*.test-data.ts"],
}).toSorted();

export function roomOf(file: string): string {
  const [, folder = ""] = file.split("/");
  return folder.replace(/\.ts$/, "");
}

export function importsOf(file: string, source: string): readonly Import[] {
  const statements = source.matchAll(/^(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"/gm);
  const dynamic = source.matchAll(/\bimport\(\s*"([^"]+)"/g);
  return [
    ...[...statements].map(([, type, target = ""]) => ({ target, isTypeOnly: type !== undefined })),
    ...[...dynamic].map(([, target = ""]) => ({ target, isTypeOnly: false })),
  ].map((found) => ({ file, room: roomOf(file), ...found }));
}

export function allImports(): readonly Import[] {
  return SOURCE_FILES.flatMap((file) => importsOf(file, readFileSync(file, "utf8")));
}

/** Without comments and texts, so that only code is looked at. Rough, and enough for names. */
export function codeOf(source: string): string {
  return source
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/(^|[^:"'`\\])\/\/.*$/gm, "$1")
    .replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '""');
}
