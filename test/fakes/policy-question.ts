/** A question to a policy file, about nothing special. */
import type { Message } from "#evidence/policy/check.ts";
import type { PolicyStage } from "#evidence/policy/evidence.ts";
import type { PolicyQuestion } from "#evidence/policy/question.ts";

export function policyQuestion(stages: readonly PolicyStage[], message: Partial<Message> = {}): PolicyQuestion {
  return {
    stages,
    connection: {
      address: "198.51.100.7",
      listener: "smtp",
      tls: null,
      helo: "client.example",
      reverseName: null,
      account: null,
      isTrusted: false,
    },
    sender: { address: "a@sender.example", domain: "sender.example", spf: "pass", listedBy: [], score: 0 },
    recipients: [{ address: "user@local.test", domain: "local.test", accounts: ["user@local.test"] }],
    message: stages.includes("message") ? { ...MESSAGE, ...message } : null,
  };
}

const MESSAGE: Message = {
  sizeOctets: 100,
  messageId: "<1@sender.example>",
  subject: "hello",
  from: [{ name: "", address: "a@sender.example" }],
  to: [],
  cc: [],
  headers: [{ name: "subject", value: "hello" }],
  attachments: [],
  linkHosts: [],
  text: "hello",
  isCut: false,
  dkim: [],
  dmarc: null,
  score: 0,
  reasons: [],
};
