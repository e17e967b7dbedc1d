/** `postern alias …`: addresses that lead to accounts. */
import { administer } from "./administer.ts";
import type { Command } from "./command.ts";
import { columns } from "./output.ts";
import { leftDisabled } from "./wording.ts";

export const aliasCommands: readonly Command[] = [
  {
    name: "alias add",
    operands: ["ADDRESS", "TARGET…"],
    summary: "makes an alias, or changes where it leads",
    run(invocation) {
      const [address = "", ...targets] = invocation.operands;
      return administer(invocation, "alias-add", { address, targets }, address, (alias) => {
        invocation.out.line(`${alias.address} leads to ${alias.targets.join(", ")}.`);
      });
    },
  },
  {
    name: "alias list",
    operands: [],
    summary: "shows the aliases",
    run: (invocation) =>
      administer(invocation, "alias-list", {}, "The store", (aliases) => {
        const rows = aliases.map(({ address, targets, enabled }) => [
          address,
          targets.join(", "),
          enabled ? "" : "disabled",
        ]);
        for (const row of columns(rows)) invocation.out.line(row);
        if (aliases.length === 0) invocation.out.line("No aliases.");
      }),
  },
  {
    name: "alias show",
    operands: ["ADDRESS"],
    summary: "shows where one alias leads",
    run(invocation) {
      const [address = ""] = invocation.operands;
      return administer(invocation, "alias-show", { address }, address, (alias) => {
        const state = alias.enabled ? "" : " It is disabled, or its domain is: no new mail.";
        invocation.out.line(`${alias.address} leads to ${alias.targets.join(", ")}.${state}`);
      });
    },
  },
  change("enable", "takes mail for an alias again"),
  change("disable", "takes no mail for an alias; its address stays taken"),
  {
    name: "alias remove",
    operands: ["ADDRESS"],
    summary: "removes an alias",
    run(invocation) {
      const [address = ""] = invocation.operands;
      return administer(invocation, "alias-remove", { address }, address, () => {
        invocation.out.line(`${address} is removed.`);
      });
    },
  },
];

function change(word: "enable" | "disable", summary: string): Command {
  return {
    name: `alias ${word}`,
    operands: ["ADDRESS"],
    summary,
    run(invocation) {
      const [address = ""] = invocation.operands;
      return administer(invocation, `alias-${word}`, { address }, address, (alias) => {
        invocation.out.line(`${alias.address} is ${word}d.${leftDisabled(word, alias)}`);
      });
    },
  };
}
