/** Prints the Debian packages that the peer tests and the bench need, for `.ci/run` and whoever installs them by hand. */
import { BENCH_PROGRAMS, PEER_PROGRAMS } from "./peer-programs.ts";

console.log([...new Set(Object.values({ ...PEER_PROGRAMS, ...BENCH_PROGRAMS }))].join(" "));
