import { createInterface } from "node:readline";
import type { Invocation, OptionText } from "./command.ts";

export const PASSWORD_OPTION: Readonly<Record<string, OptionText>> = {
  "password-stdin": {
    type: "boolean",
    text: "read the password from standard input; without it one is made and printed",
  },
};

/** The first line of standard input where the option asks for it. Never an argument: other users see those. */
export async function readPassword(invocation: Invocation): Promise<string | undefined> {
  if (!invocation.flag("password-stdin")) return undefined;
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) return line;
  return "";
}
