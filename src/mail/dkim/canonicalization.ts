/** RFC 6376 §3.4: how much a header or body may change on its way before its signature breaks. */
export type Canonicalization = "simple" | "relaxed";
