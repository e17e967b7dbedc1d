/** How numbers and moments are said to people. */
const UNITS = ["octets", "KiB", "MiB", "GiB", "TiB"];

export function octets(count: number): string {
  let unit = 0;
  let value = count;
  for (; value >= 1024 && unit < UNITS.length - 1; unit++) value /= 1024;
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit] ?? ""}`;
}

/** `2025-03-31` */
export function day(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, "2025-03-31".length);
}

/** `2025-03-31 12:00 UTC` */
export function moment(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, "2025-03-31T12:00".length).replace("T", " ")} UTC`;
}

/** `3 d 4 h`, `12 min`, `5 s`: the two largest units. */
export function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return "0 s";
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}

/** `1 message`, `2 messages` */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** What is still in the way of an account or alias that was enabled. */
export function leftDisabled(word: string, { enabled }: { readonly enabled: boolean }): string {
  return word === "enable" && !enabled ? " Its domain is disabled still: `postern domain enable` ends that." : "";
}
