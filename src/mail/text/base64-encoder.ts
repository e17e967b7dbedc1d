/** Base64 (RFC 2045 §6.8) written while the octets stream by, in lines of 76 characters. */
import { Buffer } from "node:buffer";
import { asBuffer } from "../header/fields.ts";

/** Octets that make a line of 76 characters. */
const LINE_OCTETS = 57;
const LINE_LENGTH = 76;
const CRLF_OCTETS = 2;
const NOTHING = Buffer.alloc(0);

export class Base64Encoder {
  /** Fewer than a line needs. */
  #rest: Buffer = NOTHING;

  /** @returns whole lines. */
  write(octets: Uint8Array): Buffer {
    const all = this.#rest.length === 0 ? asBuffer(octets) : Buffer.concat([this.#rest, octets]);
    const whole = all.length - (all.length % LINE_OCTETS);
    this.#rest = Buffer.from(all.subarray(whole));
    return lines(all.subarray(0, whole));
  }

  end(): Buffer {
    return this.#rest.length === 0 ? NOTHING : Buffer.from(`${this.#rest.toString("base64")}\r\n`, "latin1");
  }
}

/** Brings base64 that somebody wrote into lines of 76 characters; what is no base64 is left out, as decoders do. */
export class Base64Mender {
  #rest = "";

  write(octets: Uint8Array): Buffer {
    const all =
      this.#rest +
      asBuffer(octets)
        .toString("latin1")
        .replace(/[^A-Za-z0-9+/=]+/g, "");
    const whole = all.length - (all.length % LINE_LENGTH);
    this.#rest = all.slice(whole);
    return broken(all.slice(0, whole));
  }

  end(): Buffer {
    return this.#rest === "" ? NOTHING : Buffer.from(`${this.#rest}\r\n`, "latin1");
  }
}

/** @param octets whole lines of them. */
function lines(octets: Buffer): Buffer {
  return octets.length === 0 ? NOTHING : broken(octets.toString("base64"));
}

function broken(text: string): Buffer {
  const count = text.length / LINE_LENGTH;
  const out = Buffer.allocUnsafe(text.length + count * CRLF_OCTETS);
  for (let line = 0; line < count; line++) {
    const at = line * (LINE_LENGTH + CRLF_OCTETS);
    out.write(text.slice(line * LINE_LENGTH, (line + 1) * LINE_LENGTH), at, "latin1");
    out.write("\r\n", at + LINE_LENGTH, "latin1");
  }
  return out;
}
