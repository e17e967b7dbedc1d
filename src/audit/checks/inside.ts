/** Protections 3 and 8, which mostly the server itself can tell: its own block list, and how many it lets in. */
import type { AuditFacts } from "../facts/facts.ts";
import { CONNECTIONS_TRIED } from "../facts/intrusive.ts";
import { type Finding, found, notChecked, passed } from "../report.ts";

export function checkOwnBlockList({ inside }: AuditFacts): readonly Finding[] {
  if (inside === undefined) {
    return [
      notChecked(
        "own-block-list",
        "Whether the server bans who misbehaves cannot be seen from outside without misbehaving",
        "Ask its administrator (fail2ban or its like), or run the audit on the server itself.",
      ),
    ];
  }
  const { isEnforced, entries } = inside.blockList;
  if (isEnforced) return [passed("own-block-list", `The server bans by rule and by hand; ${entries} entries now`)];
  return [
    found("fail", "own-block-list", "The server's own block list is not enforced", {
      remedy: 'Set `rules.block_list = "enforce"`.',
    }),
  ];
}

export function checkLimits({ inside, intrusive }: AuditFacts): readonly Finding[] {
  const seen = [...(intrusive?.connections ?? [])].map(([address, { opened, greeted }]): Finding => {
    if (opened === 0) {
      return notChecked("limits", `${address} took no connection`, "Try again later.");
    }
    if (greeted < CONNECTIONS_TRIED) {
      return passed(
        "limits",
        `${address} let in ${greeted} of ${CONNECTIONS_TRIED} connections at once from one address`,
      );
    }
    return found(
      "warn",
      "limits",
      `${address} let in all of ${CONNECTIONS_TRIED} connections at once from one address`,
      {
        remedy: "Limit the connections of one address to about twenty (Postfix: smtpd_client_connection_count_limit).",
      },
    );
  });
  if (inside !== undefined) {
    const { total, perAddress, perMinutePerAddress } = inside.limits;
    seen.push(
      passed(
        "limits-inside",
        `The server lets in ${total} connections, ${perAddress} of one address at once and ${perMinutePerAddress} a minute`,
      ),
    );
  }
  if (seen.length > 0) return seen;
  return [
    notChecked(
      "limits",
      "How many connections the server lets in was not tried",
      `Run with --intrusive against your own hosts: it opens ${CONNECTIONS_TRIED} connections at once.`,
    ),
  ];
}
