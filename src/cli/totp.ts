/** `postern account totp …`: the second factor of an account. Mail programs are not asked for it. */
import { administer } from "./administer.ts";
import type { Command } from "./command.ts";
import { counted, day } from "./wording.ts";

const add: Command = {
  name: "account totp add",
  operands: ["ADDRESS"],
  summary: "makes a secret for an authenticator app; it is printed this once",
  run(invocation) {
    const [address = ""] = invocation.operands;
    return administer(invocation, "totp-add", { address }, address, ({ address: account, secret, uri }) => {
      invocation.out.line(`Secret for ${account}, shown this once: ${secret}`);
      invocation.out.line(uri);
      invocation.out.line(`It counts once a first code is entered: postern account totp confirm ${account} CODE`);
    });
  },
};

const confirm: Command = {
  name: "account totp confirm",
  operands: ["ADDRESS", "CODE"],
  summary: "enters the first code: TOTP counts from now on",
  run(invocation) {
    const [address = "", code = ""] = invocation.operands;
    return administer(invocation, "totp-confirm", { address, code }, address, ({ recoveryCodes }) => {
      invocation.out.line(`${address} has TOTP. Recovery codes, each for one use, shown this once:`);
      for (const one of recoveryCodes) invocation.out.line(`  ${one}`);
    });
  },
};

const check: Command = {
  name: "account totp check",
  operands: ["ADDRESS", "CODE"],
  summary: "says whether a code, or a recovery code, is right; it is used up",
  run(invocation) {
    const [address = "", code = ""] = invocation.operands;
    return administer(invocation, "totp-check", { address, code }, address, ({ kind, recoveryCodesLeft }) => {
      const what = kind === "totp" ? "code" : "recovery code";
      invocation.out.line(`The ${what} is right. ${counted(recoveryCodesLeft, "recovery code")} left.`);
    });
  },
};

const show: Command = {
  name: "account totp show",
  operands: ["ADDRESS"],
  summary: "says whether an account has TOTP; never the secret",
  run(invocation) {
    const [address = ""] = invocation.operands;
    return administer(invocation, "totp-show", { address }, address, ({ state, sinceMs, recoveryCodesLeft }) => {
      const since = sinceMs === null ? "" : day(sinceMs);
      const words = {
        none: "no TOTP.",
        "to-be-confirmed": `a secret was made on ${since}; it counts once a first code is entered.`,
        active: `TOTP since ${since}; ${counted(recoveryCodesLeft, "recovery code")} left.`,
      };
      invocation.out.line(`${address}: ${words[state]}`);
    });
  },
};

const remove: Command = {
  name: "account totp remove",
  operands: ["ADDRESS"],
  summary: "takes TOTP and its recovery codes away",
  run(invocation) {
    const [address = ""] = invocation.operands;
    return administer(invocation, "totp-remove", { address }, address, () => {
      invocation.out.line(`${address} has no TOTP any more.`);
    });
  },
};

export const totpCommands: readonly Command[] = [add, confirm, check, show, remove];
