/** Prints the Debian packages that the peer tests need, for `.ci/run` and whoever installs them by hand. */
import { PEER_PROGRAMS } from "./peer-programs.ts";

console.log([...new Set(Object.values(PEER_PROGRAMS))].join(" "));
