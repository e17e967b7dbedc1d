/** The file of a thread beside this one: TypeScript in the source tree, JavaScript in the build. */
export function threadFile(name: "store-writer" | "store-reader" | "front" | "queue" | "policy-worker"): URL {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new URL(`./${name}.${extension}`, import.meta.url);
}
