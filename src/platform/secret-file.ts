import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** Writes a file that only its owner reads, and puts it in its place when it is on disk: readers find the old one or the new one. */
export async function writeSecretFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const madeAt = `${path}.new`;
  const file = await open(madeAt, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(madeAt, path);
}

/** Undefined where there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
