/** The few words of SMTP, IMAP and POP3 that the audit needs: greeting, capabilities, the start of TLS. */
import type { IsLast, LineProbe } from "../line-probe.ts";

export type Protocol = "smtp" | "imap" | "pop3";

export interface Service {
  readonly protocol: Protocol;
  readonly address: string;
  readonly port: number;
  readonly implicitTls: boolean;
  /** What the port is for. */
  readonly role: "mx" | "submission" | "mailbox";
  /** The name that its certificate should have. */
  readonly serverName: string;
}

export interface Talk {
  readonly address: string;
  readonly port: number;
  readonly serverName: string;
  /** The command that starts TLS; undefined where it is there from the first octet. */
  readonly begin: string | undefined;
  readonly mayBegin: (answer: readonly string[]) => boolean;
  /** A command that changes nothing and is always answered. */
  readonly harmless: string;
  readonly isLast: IsLast;
  /** Greeting and what must come before `begin`. What went wrong; undefined: nothing. */
  readonly hello: (probe: LineProbe) => Promise<string | undefined>;
  /** Capabilities, in capitals. Asked after `hello`, or after TLS. */
  readonly capabilities: (probe: LineProbe) => Promise<readonly string[] | string>;
  /** Waits for the greeting alone. */
  readonly greeting: (probe: LineProbe) => Promise<readonly string[] | string>;
}

/** @param helo said in EHLO. */
export function talkFor({ protocol, address, port, implicitTls, serverName }: Service, helo: string): Talk {
  const at = { address, port, serverName };
  switch (protocol) {
    case "smtp":
      return { ...at, ...smtp(helo), ...(implicitTls ? { begin: undefined } : {}) };
    case "imap":
      return { ...at, ...imap, ...(implicitTls ? { begin: undefined } : {}) };
    case "pop3":
      return { ...at, ...pop3, ...(implicitTls ? { begin: undefined } : {}) };
  }
}

type Words = Omit<Talk, "address" | "port" | "serverName">;

const smtpLast: IsLast = (line) => !/^\d{3}-/.test(line);

function smtp(helo: string): Words {
  const isLast = smtpLast;
  const greeting = (probe: LineProbe) => linesOf(probe, isLast);
  const capabilities = async (probe: LineProbe): Promise<readonly string[] | string> => {
    const answer = await probe.ask(`EHLO ${helo}`, isLast);
    if (!answer.ok) return answer.problem;
    if (answer.value.at(-1)?.startsWith("250") !== true) return `EHLO was refused: ${answer.value.join(" ")}`;
    return answer.value.slice(1).map((line) => line.slice("250 ".length).trim().toUpperCase());
  };
  return {
    begin: "STARTTLS",
    mayBegin: (answer) => answer.at(-1)?.startsWith("220") === true,
    harmless: "NOOP",
    isLast,
    greeting,
    capabilities,
    hello: async (probe) => {
      const greeted = await greeting(probe);
      if (typeof greeted === "string") return greeted;
      if (greeted.at(-1)?.startsWith("220") !== true) return "turned away at the greeting";
      const known = await capabilities(probe);
      if (typeof known === "string") return known;
      return known.includes("STARTTLS") ? undefined : "no STARTTLS";
    },
  };
}

const imapLast = (line: string): boolean => !line.startsWith("* ") || /^\* BYE/i.test(line);

const imap: Words = {
  begin: "a1 STARTTLS",
  mayBegin: (answer) => /^a1 OK/i.test(answer.at(-1) ?? ""),
  harmless: "a2 NOOP",
  isLast: imapLast,
  greeting: (probe) => linesOf(probe, () => true),
  hello: async (probe) => {
    const greeted = await linesOf(probe, () => true);
    if (typeof greeted === "string") return greeted;
    return /^\* (?:OK|PREAUTH)/i.test(greeted[0] ?? "") ? undefined : "turned away at the greeting";
  },
  capabilities: async (probe) => {
    const answer = await probe.ask("a3 CAPABILITY", imapLast);
    if (!answer.ok) return answer.problem;
    const line = answer.value.find((one) => /^\* CAPABILITY/i.test(one)) ?? "";
    return line.toUpperCase().split(" ").slice(2);
  },
};

const pop3: Words = {
  begin: "STLS",
  mayBegin: (answer) => answer[0]?.startsWith("+OK") === true,
  harmless: "CAPA",
  isLast: () => true,
  greeting: (probe) => linesOf(probe, () => true),
  hello: async (probe) => {
    const greeted = await linesOf(probe, () => true);
    if (typeof greeted === "string") return greeted;
    return greeted[0]?.startsWith("+OK") === true ? undefined : "turned away at the greeting";
  },
  capabilities: async (probe) => {
    const answer = await probe.ask("CAPA", (line) => line === "." || line.startsWith("-ERR"));
    if (!answer.ok) return answer.problem;
    return answer.value.slice(1, -1).map((line) => line.toUpperCase());
  },
};

async function linesOf(probe: LineProbe, isLast: IsLast): Promise<readonly string[] | string> {
  const answer = await probe.answer(isLast);
  return answer.ok ? answer.value : answer.problem;
}
