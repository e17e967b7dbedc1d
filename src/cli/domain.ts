/** `postern domain …`: domains added while the server runs. Those of the settings are changed there. */
import { administer } from "./administer.ts";
import type { Command, ExitCode } from "./command.ts";
import { columns } from "./output.ts";

const add: Command = {
  name: "domain add",
  operands: ["DOMAIN"],
  summary: "takes mail for one more domain",
  options: { role: { type: "string", value: "ROLE", text: "primary (default) or secondary" } },
  run(invocation) {
    const [name = ""] = invocation.operands;
    const role = invocation.option("role") ?? "primary";
    if (role !== "primary" && role !== "secondary") {
      invocation.out.problem(`There is no role ${JSON.stringify(role)}: primary or secondary.`);
      return Promise.resolve<ExitCode>(2);
    }
    return administer(invocation, "domain-add", { name, role }, name, (domain) => {
      invocation.out.line(`${domain.name} is added. Now: \`postern account add NAME@${domain.name}\`.`);
    });
  },
};

const list: Command = {
  name: "domain list",
  operands: [],
  summary: "shows the domains",
  run: (invocation) =>
    administer(invocation, "domain-list", {}, "The store", (domains) => {
      for (const row of columns(
        domains.map(({ name, role, from, enabled }) => [name, role, `from the ${from}`, stateOf(enabled)]),
      )) {
        invocation.out.line(row);
      }
    }),
};

const show: Command = {
  name: "domain show",
  operands: ["DOMAIN"],
  summary: "shows one domain with its addresses",
  run(invocation) {
    const [name = ""] = invocation.operands;
    return administer(invocation, "domain-show", { name }, name, (domain) => {
      invocation.out.line(
        `${domain.name}, ${domain.role}, from the ${domain.from}${domain.enabled ? "" : `, ${stateOf(false)}`}`,
      );
      for (const address of domain.accounts) invocation.out.line(`  account  ${address}`);
      for (const address of domain.aliases) invocation.out.line(`  alias    ${address}`);
    });
  },
};

const remove: Command = {
  name: "domain remove",
  operands: ["DOMAIN"],
  summary: "takes no more mail for a domain that has no addresses left",
  run(invocation) {
    const [name = ""] = invocation.operands;
    return administer(invocation, "domain-remove", { name }, name, () => {
      invocation.out.line(`${name} is removed.`);
    });
  },
};

export const domainCommands: readonly Command[] = [
  add,
  list,
  show,
  change("enable", "takes mail and logins for a domain again"),
  change("disable", "takes neither mail nor logins for a domain's addresses; it stays ours, and their mail stays"),
  remove,
];

function change(word: "enable" | "disable", summary: string): Command {
  return {
    name: `domain ${word}`,
    operands: ["DOMAIN"],
    summary,
    run(invocation) {
      const [name = ""] = invocation.operands;
      return administer(invocation, `domain-${word}`, { name }, name, (domain) => {
        invocation.out.line(`${domain.name} is ${word}d.`);
      });
    },
  };
}

function stateOf(enabled: boolean): string {
  return enabled ? "" : "disabled: no logins, no new mail";
}
