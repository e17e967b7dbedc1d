import { readFileSync } from "node:fs";

/** From package.json, which stands two folders up in the source and in the build. */
export const postern = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  readonly version: string;
};
