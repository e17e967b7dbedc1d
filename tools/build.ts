/** Makes `dist/`: the source as JavaScript without tests, for the package. Node strips types everywhere but below node_modules. */
import { spawnSync } from "node:child_process";
import { cpSync, globSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

process.exitCode = build();

function build(): number {
  rmSync("dist", { recursive: true, force: true });
  const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  const { status } = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], { stdio: "inherit" });
  if (status !== 0) return status ?? 1;
  for (const file of globSync("src/**/*.*", { exclude: ["**/*.ts"] })) cpSync(file, file.replace(/^src/, "dist"));
  const wrong = globSync("dist/**/*.js").filter((file) => namesTypeScript(readFileSync(file, "utf8")));
  for (const file of wrong) console.error(`${file} names a .ts file that the package does not have.`);
  return wrong.length === 0 ? 0 : 1;
}

/** `new URL("./worker.ts", …)` is not rewritten by the compiler; imports are, and `#room/file.ts` is mapped by package.json. */
function namesTypeScript(script: string): boolean {
  return /new URL\(\s*["'`][^"'`]*\.ts["'`]/.test(script) || /from\s+"\.[^"]*\.ts"/.test(script);
}
