/** `postern account …`: the people who have mail here. */
import type { PasswordState } from "#identity/app-passwords.ts";
import { administer } from "./administer.ts";
import type { Command, ExitCode, Invocation } from "./command.ts";
import { columns } from "./output.ts";
import { PASSWORD_OPTION, readPassword } from "./read-password.ts";
import { counted, day, leftDisabled, octets } from "./wording.ts";

const QUOTA_OPTION = {
  "quota-octets": { type: "string", value: "N", text: "room for the account's mail; 0: no limit" },
} as const;

const add: Command = {
  name: "account add",
  operands: ["ADDRESS"],
  summary: "makes an account",
  options: { ...PASSWORD_OPTION, ...QUOTA_OPTION },
  async run(invocation) {
    const [address = ""] = invocation.operands;
    const quotaOctets = readQuota(invocation, invocation.option("quota-octets"));
    if (quotaOctets === "wrong") return 2;
    const password = await readPassword(invocation);
    const args = { address, password, quotaOctets };
    return administer(invocation, "account-add", args, address, ({ account, password: made }) => {
      invocation.out.line(
        `${account.address} is made.${made === undefined ? "" : ` Password, shown this once: ${made}`}`,
      );
    });
  },
};

const list: Command = {
  name: "account list",
  operands: [],
  summary: "shows the accounts",
  run: (invocation) =>
    administer(invocation, "account-list", {}, "The store", (accounts) => {
      const rows = accounts.map(({ address, enabled, usedMessages, usedOctets, quotaOctets }) => [
        address,
        enabled ? "enabled" : "disabled",
        counted(usedMessages, "message"),
        quotaOctets === null ? octets(usedOctets) : `${octets(usedOctets)} of ${octets(quotaOctets)}`,
      ]);
      for (const row of columns(rows)) invocation.out.line(row);
      if (accounts.length === 0) invocation.out.line("No accounts. `postern account add ADDRESS` makes one.");
    }),
};

const show: Command = {
  name: "account show",
  operands: ["ADDRESS"],
  summary: "shows one account with its aliases and app passwords",
  run(invocation) {
    const [address = ""] = invocation.operands;
    return administer(invocation, "account-show", { address }, address, (details) => {
      const { account, aliases, password, appPasswords, correspondents } = details;
      const rows = [
        ["address", account.address],
        ["state", account.enabled ? "enabled" : "disabled, or its domain is: no logins, no new mail"],
        ["mail", `${counted(account.usedMessages, "message")}, ${octets(account.usedOctets)}`],
        ["quota", account.quotaOctets === null ? "none" : octets(account.quotaOctets)],
        ["made", day(account.createdAtMs)],
        ["aliases", aliases.length === 0 ? "none" : aliases.join(", ")],
        [
          "written to",
          `${correspondents === 1 ? "1 address" : `${correspondents} addresses`}: proven mail from there is not put into Junk`,
        ],
        ["password", password === undefined ? "none" : `set${passwordNotes(password)}`],
        ...appPasswords.map((app) => [
          `app password ${app.id}`,
          `${app.label} (${app.scopes.join(", ")})${passwordNotes(app)}`,
        ]),
      ];
      for (const row of columns(rows)) invocation.out.line(row);
    });
  },
};

const passwd: Command = {
  name: "account passwd",
  operands: ["ADDRESS"],
  summary: "gives an account a new password",
  options: PASSWORD_OPTION,
  async run(invocation) {
    const [address = ""] = invocation.operands;
    const args = { address, password: await readPassword(invocation) };
    return administer(invocation, "account-passwd", args, address, ({ account, password: made }) => {
      const shown = made === undefined ? "" : ` Password, shown this once: ${made}`;
      invocation.out.line(`${account.address} has a new password.${shown}`);
    });
  },
};

const quota: Command = {
  name: "account quota",
  operands: ["ADDRESS", "OCTETS"],
  summary: "sets the room for an account's mail; 0: no limit",
  async run(invocation) {
    const [address = "", written] = invocation.operands;
    const quotaOctets = readQuota(invocation, written) ?? null;
    if (quotaOctets === "wrong") return 2;
    return administer(invocation, "account-quota", { address, quotaOctets }, address, (account) => {
      const room = account.quotaOctets === null ? "no limit" : octets(account.quotaOctets);
      invocation.out.line(`${account.address}: ${room}.`);
    });
  },
};

const appPasswordAdd: Command = {
  name: "account app-password add",
  operands: ["ADDRESS", "LABEL"],
  summary: "makes a password for one device; it is printed this once",
  options: { scope: { type: "string", value: "LIST", text: "of smtp,imap,pop3,admin; default: smtp,imap,pop3" } },
  run(invocation) {
    const [address = "", label = ""] = invocation.operands;
    const scopes = invocation.option("scope")?.split(",");
    if (scopes?.every(isScope) === false) {
      invocation.out.problem(`--scope takes a list of ${SCOPES.join(", ")}, with commas between them.`);
      return Promise.resolve<ExitCode>(2);
    }
    const args = { address, label, scopes };
    return administer(invocation, "app-password-add", args, address, ({ password, appPassword }) => {
      invocation.out.line(`App password ${appPassword.id} for ${label}, shown this once: ${password}`);
    });
  },
};

const appPasswordList: Command = {
  name: "account app-password list",
  operands: ["ADDRESS"],
  summary: "shows the app passwords of an account",
  run(invocation) {
    const [address = ""] = invocation.operands;
    return administer(invocation, "app-password-list", { address }, address, (found) => {
      const rows = found.map((app) => [
        String(app.id),
        app.label,
        app.scopes.join(","),
        `made ${day(app.createdAtMs)}${passwordNotes(app)}`,
      ]);
      for (const row of columns(rows)) invocation.out.line(row);
      if (found.length === 0) invocation.out.line("None.");
    });
  },
};

const appPasswordRevoke: Command = {
  name: "account app-password revoke",
  operands: ["ADDRESS", "NUMBER"],
  summary: "takes a device's password away",
  run(invocation) {
    const [address = "", number = ""] = invocation.operands;
    if (!/^\d{1,15}$/.test(number)) {
      invocation.out.problem("NUMBER is what `postern account app-password list` shows first.");
      return Promise.resolve<ExitCode>(2);
    }
    return administer(invocation, "app-password-revoke", { address, id: Number(number) }, address, () => {
      invocation.out.line(`App password ${number} of ${address} is revoked.`);
    });
  },
};

export const accountCommands: readonly Command[] = [
  add,
  list,
  show,
  passwd,
  quota,
  change("enable", "takes logins and mail again"),
  change("disable", "takes neither logins nor new mail; its mail stays"),
  change("remove", "removes an account with all its mail"),
  appPasswordAdd,
  appPasswordList,
  appPasswordRevoke,
];

/** The commands that change one thing of one account. */
function change(word: "enable" | "disable" | "remove", summary: string): Command {
  return {
    name: `account ${word}`,
    operands: ["ADDRESS"],
    summary,
    run(invocation) {
      const [address = ""] = invocation.operands;
      return administer(invocation, `account-${word}`, { address }, address, (account) => {
        invocation.out.line(`${address} is ${word}d.${account === undefined ? "" : leftDisabled(word, account)}`);
      });
    },
  };
}

const SCOPES = ["smtp", "imap", "pop3", "admin"] as const;

function isScope(word: string): word is (typeof SCOPES)[number] {
  return (SCOPES as readonly string[]).includes(word);
}

/** `null`: no limit; undefined: nothing said. */
function readQuota({ out }: Invocation, written: string | undefined): number | null | undefined | "wrong" {
  if (written === undefined) return undefined;
  const quotaOctets = Number(written);
  if (/^\d+$/.test(written) && Number.isSafeInteger(quotaOctets)) return quotaOctets === 0 ? null : quotaOctets;
  out.problem(`${JSON.stringify(written)} is not a number of octets, such as 1073741824 for 1 GiB.`);
  return "wrong";
}

/** What a line about a password ends with. */
function passwordNotes({ scram, exposedAtMs, lastUsedMs, lastAddress }: PasswordState): string {
  const used = lastUsedMs === null ? "not used yet" : `last used ${day(lastUsedMs)} from ${lastAddress ?? "?"}`;
  const exposed = exposedAtMs === null ? "" : `; SENT IN CLEAR on ${day(exposedAtMs)}: change it`;
  return `; ${scram ? "SCRAM" : "no keys for SCRAM"}; ${used}${exposed}`;
}
