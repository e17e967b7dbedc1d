import type { EncodeOptions, Response } from "./response.ts";

/** One response as octets, its CRLF included. */
export function encodeResponse(_response: Response, _options: EncodeOptions): Uint8Array {
  throw new Error("not written yet");
}
