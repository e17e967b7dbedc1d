/** `postern account passkey …`: passkeys of an account. Their owner makes them in a browser. */
import { administer } from "./administer.ts";
import type { Command } from "./command.ts";
import { columns } from "./output.ts";
import { day, moment } from "./wording.ts";

const add: Command = {
  name: "account passkey add",
  operands: ["ADDRESS"],
  summary: "makes a link with which the owner makes a passkey; it is printed this once",
  options: { name: { type: "string", value: "N", text: "what the passkey is called; default: the next number" } },
  run(invocation) {
    const [address = ""] = invocation.operands;
    const args = { address, name: invocation.option("name") };
    return administer(invocation, "passkey-add", args, address, ({ address: account, name, url, untilMs }) => {
      invocation.out.line(`Link for ${JSON.stringify(name)} of ${account}, shown this once:`);
      invocation.out.line(url);
      invocation.out.line(
        `It makes one passkey, until ${moment(untilMs)}. Whoever has it can: give it to nobody else.`,
      );
    });
  },
};

const list: Command = {
  name: "account passkey list",
  operands: ["ADDRESS"],
  summary: "shows the passkeys of an account, and links that were not used yet",
  run(invocation) {
    const [address = ""] = invocation.operands;
    return administer(invocation, "passkey-list", { address }, address, ({ passkeys, links }) => {
      const made = passkeys.map(({ id, name, isBackedUp, createdAtMs, lastUsedMs }) => [
        String(id),
        name,
        isBackedUp ? "backed up" : "on one device",
        `made ${day(createdAtMs)}; ${lastUsedMs === null ? "not used yet" : `last used ${moment(lastUsedMs)}`}`,
      ]);
      const open = links.map(({ name, untilMs }) => ["-", name, "link", `good until ${moment(untilMs)}`]);
      for (const row of columns([...made, ...open])) invocation.out.line(row);
      if (made.length + open.length === 0) invocation.out.line(`${address} has no passkeys.`);
    });
  },
};

const remove: Command = {
  name: "account passkey remove",
  operands: ["ADDRESS", "ID|NAME"],
  summary: "takes a passkey away, or a link that was not used yet",
  run(invocation) {
    const [address = "", which = ""] = invocation.operands;
    return administer(invocation, "passkey-remove", { address, which }, address, ({ name }) => {
      invocation.out.line(`${JSON.stringify(name)} of ${address} is removed.`);
    });
  },
};

export const passkeyCommands: readonly Command[] = [add, list, remove];
