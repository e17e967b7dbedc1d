import { randomUUID } from "node:crypto";
import { open, readFile, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";

/** A small file of the data folder that is written as a whole: after a crash it is the old one or the new one. */
export interface JsonFile {
  /** Undefined: there is none, or it is not JSON. Rejects with the disk's error. */
  read(): Promise<unknown>;
  /** On disk when it resolves. Rejects with the disk's error; the old one stays. */
  write(value: unknown): Promise<void>;
}

export function jsonFile(path: string): JsonFile {
  return {
    async read() {
      try {
        return JSON.parse(await readFile(path, "utf8"));
      } catch (error) {
        if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    async write(value) {
      // Of its own name: an older thread may be writing its last one.
      const next = `${path}.${randomUUID()}`;
      try {
        await using file = await open(next, "wx", 0o600);
        await file.writeFile(JSON.stringify(value));
        await file.sync();
        await rename(next, path);
      } catch (error) {
        await unlink(next).catch(() => undefined);
        throw error;
      }
      await using folder = await open(dirname(path), "r");
      await folder.sync();
    },
  };
}
