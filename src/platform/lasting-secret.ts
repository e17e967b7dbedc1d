import { link, mkdir, readFile, unlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Random } from "#ports/random.ts";

/** Octets that outlive a restart and that nobody else knows: read, or made where there are none. Two that make them at once get the same. */
export async function lastingSecret(path: string, octets: number, random: Random): Promise<Uint8Array> {
  const present = await read(path);
  if (present !== undefined) return present;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${random.id()}`;
  await writeFile(draft, random.bytes(octets), { mode: 0o600, flush: true });
  try {
    // Whole or not at all: the name appears with all of its octets.
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await unlink(draft);
  }
  return (await read(path)) ?? lastingSecret(path, octets, random);
}

async function read(path: string): Promise<Uint8Array | undefined> {
  try {
    const octets = await readFile(path);
    return octets.length > 0 ? octets : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
