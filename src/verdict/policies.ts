/** One policy for everybody, others for domains and accounts: which one counts for whose mail. */
import type { Policy } from "./policy.ts";

export interface Policies {
  readonly standard: Policy;
  /** By domain, as A-labels. */
  readonly byDomain: Readonly<Record<string, Policy>>;
  /** By canonical address. What is of a domain and not of the account is in it already. */
  readonly byAccount: Readonly<Record<string, Policy>>;
}

export function samePolicy(standard: Policy): Policies {
  return { standard, byDomain: {}, byAccount: {} };
}

/** @param account canonical address of whose mail it is. */
export function policyFor({ standard, byDomain, byAccount }: Policies, account: string): Policy {
  if (Object.hasOwn(byAccount, account)) return byAccount[account] ?? standard;
  const domain = account.slice(account.lastIndexOf("@") + 1);
  return Object.hasOwn(byDomain, domain) ? (byDomain[domain] ?? standard) : standard;
}
