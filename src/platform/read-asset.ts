import { readFileSync } from "node:fs";

/** A text that belongs to the program and lies beside its code. */
export function readAsset(url: URL): string {
  return readFileSync(url, "utf8");
}
