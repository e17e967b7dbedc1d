const LEVELS: Readonly<Record<number, string>> = { 20: "debug", 30: "info ", 40: "WARN ", 50: "ERROR" };

/** A JSON log line as a person reads it: time, level, event, then the facts as `name=value`. */
export function prettyLogLine(json: string): string {
  const { time, level, msg, ...facts } = JSON.parse(json) as Readonly<Record<string, unknown>>;
  const clock = String(time).replace("T", " ").replace("Z", "");
  const words = Object.entries(facts).map(([name, value]) => `${name}=${factText(value)}`);
  return `${[clock, LEVELS[Number(level)] ?? String(level), String(msg), ...words].join(" ")}\n`;
}

function factText(value: unknown): string {
  if (typeof value === "string") return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value) ?? "undefined";
}
