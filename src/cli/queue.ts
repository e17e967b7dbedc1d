/** `postern queue …`: mail for other servers. */
import { administer } from "./administer.ts";
import type { Command, ExitCode } from "./command.ts";
import { columns } from "./output.ts";
import { moment, octets } from "./wording.ts";

export const queueCommands: readonly Command[] = [
  {
    name: "queue list",
    operands: [],
    summary: "shows mail for other servers",
    run: (invocation) =>
      administer(invocation, "queue-list", {}, "The store", (entries) => {
        const rows = entries.map(({ id, state, queuedAtMs, sizeOctets, mailFrom, recipients }) => [
          String(id),
          state,
          moment(queuedAtMs),
          octets(sizeOctets),
          `<${mailFrom}>`,
          recipients.join(", "),
        ]);
        for (const row of columns(rows)) invocation.out.line(row);
        if (entries.length === 0) invocation.out.line("The queue is empty.");
      }),
  },
  {
    name: "queue remove",
    operands: ["NUMBER"],
    summary: "removes a message from the queue; nobody is told",
    run(invocation) {
      const [number = ""] = invocation.operands;
      if (!/^\d{1,15}$/.test(number)) {
        invocation.out.problem("NUMBER is what `postern queue list` shows first.");
        return Promise.resolve<ExitCode>(2);
      }
      return administer(invocation, "queue-remove", { id: Number(number) }, number, () => {
        invocation.out.line(`${number} is removed.`);
      });
    },
  },
];
