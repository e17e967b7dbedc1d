/**
 * Octets that clients sent are garbage as soon as they are handled, in memory outside of the heap: a collector that waits for
 * the heap's young generation to fill lets tens of mebibytes of them pile up. So they are counted, and swept.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Octets that are read, in one thread, between two sweeps. A sweep takes about a millisecond. */
const SWEPT_EVERY_OCTETS = 8 * 1024 * 1024;

type Collect = (options: { readonly type: "minor" }) => void;

let collect: Collect | undefined;
let readOctets = 0;

/** After octets were handled. */
export function countRead(octets: number): void {
  readOctets += octets;
  if (readOctets < SWEPT_EVERY_OCTETS) return;
  readOctets = 0;
  collect ??= collector();
  collect({ type: "minor" });
}

/** V8 has no other way to ask for it. Whatever else runs in a context of its own is not to have it. */
function collector(): Collect {
  setFlagsFromString("--expose-gc");
  try {
    return runInNewContext("gc") as Collect;
  } finally {
    setFlagsFromString("--no-expose-gc");
  }
}
