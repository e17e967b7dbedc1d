/** `[sending]` in the terms of those who count. */
import type { Settings } from "#config/settings.ts";
import type { QueueSettings } from "#queue/settings.ts";
import type { SendingRules } from "#store/sending-rules.ts";

type SendingSettings = Pick<Settings, "sending" | "sendingAccounts" | "rules">;

/** Undefined where nothing is counted. @returns the rules of an account, by its canonical address. */
export function sendingRules({
  sending,
  sendingAccounts,
  rules,
}: SendingSettings): ((account: string) => SendingRules) | undefined {
  if (rules.sending === "off") return undefined;
  const own = new Map(sendingAccounts.map((account) => [account.address, account]));
  const isEnforced = rules.sending === "enforce";
  return (address) => {
    const { messagesPerHour, recipientsPerHour, messagesPerDay, recipientsPerDay } = own.get(address) ?? sending;
    return {
      isEnforced,
      perHour: {
        messages: messagesPerHour ?? sending.messagesPerHour,
        recipients: recipientsPerHour ?? sending.recipientsPerHour,
      },
      perDay: {
        messages: messagesPerDay ?? sending.messagesPerDay,
        recipients: recipientsPerDay ?? sending.recipientsPerDay,
      },
      burst: { messages: sending.burstMessages, recipients: sending.burstRecipients },
      historyFactor: sending.burstHistoryFactor,
      newNetworkPercent: sending.newNetworkPercent,
    };
  };
}

export function bounceRule({ sending, rules }: SendingSettings): Pick<QueueSettings, "bounceRule"> {
  if (rules.sending === "off") return {};
  const { bouncePercent: percent, bounceRecipientsMin: recipientsMin } = sending;
  return { bounceRule: { isEnforced: rules.sending === "enforce", percent, recipientsMin } };
}
