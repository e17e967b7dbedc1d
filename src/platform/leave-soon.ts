/** What still runs in the background may finish for so long when all else is done. Milliseconds. */
const LEAVE_MS = 2000;

/** Ends the process although something holds it: an order at a certificate authority takes minutes, and is made again. */
export function leaveSoon(): void {
  setTimeout(() => process.exit(), LEAVE_MS).unref();
}
