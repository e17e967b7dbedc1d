/** What an operator does to passkeys. They are made by their owner, in a browser, with a link that is given out here. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { failed, ok, type Result } from "#mail/result.ts";
import type { PasskeyRow } from "#store/passkey-store.ts";
import { type Administration, findAccount, type NoAccount } from "../administration.ts";
import { LABEL_CHARACTERS_MAX, PASSKEY_LINK_MS } from "../limits.ts";
import type { RelyingParty } from "./passkeys.ts";

/** What is known of a passkey, without its key. */
export interface Passkey
  extends Pick<PasskeyRow, "id" | "name" | "isBackedUp" | "transports" | "createdAtMs" | "lastUsedMs"> {}

/** Octets of a token: nobody guesses it. */
const TOKEN_OCTETS = 32;

/** A link for one passkey. The token stands behind `#`: browsers send that to no server, and no log has it. */
export async function addPasskeyLink(
  { store, clock, random }: Administration,
  party: RelyingParty | undefined,
  { address, name: wanted }: { readonly address: string; readonly name: string | undefined },
): Promise<
  Result<
    { readonly address: string; readonly name: string; readonly url: string; readonly untilMs: number },
    NoAccount | "no-https" | "disabled" | "bad-passkey-name" | "too-many-passkeys" | "passkey-name-taken"
  >
> {
  const [origin] = party?.origins ?? [];
  if (origin === undefined) return failed("no-https");
  const account = await findAccount(store, address);
  if (!account.ok) return account;
  if (!account.value.enabled) return failed("disabled");
  const name = wanted?.normalize("NFC").trim();
  if (name !== undefined && !isPasskeyName(name)) return failed("bad-passkey-name");
  const token = Buffer.from(random.bytes(TOKEN_OCTETS)).toString("base64url");
  const nowMs = clock.now();
  const put = await store.putPasskeyLink({
    accountId: account.value.id,
    tokenHash: passkeyTokenHash(token),
    name,
    nowMs,
    untilMs: nowMs + PASSKEY_LINK_MS,
  });
  if (!put.ok) return put;
  const { name: given, untilMs } = put.value;
  return ok({ address: account.value.address, name: given, url: `${origin}/passkey#${token}`, untilMs });
}

export async function listPasskeys(
  { store, clock }: Administration,
  address: string,
): Promise<
  Result<
    {
      readonly passkeys: readonly Passkey[];
      /** Links that nobody has used yet. */
      readonly links: readonly { readonly name: string; readonly untilMs: number }[];
    },
    NoAccount
  >
> {
  const account = await findAccount(store, address);
  if (!account.ok) return account;
  const { id } = account.value;
  const links = (await store.listPasskeyLinks(id)).filter((link) => !link.isUsed && link.untilMs >= clock.now());
  return ok({
    passkeys: (await store.listPasskeys(id)).map(describe),
    links: links.map(({ name, untilMs }) => ({ name, untilMs })),
  });
}

/** @param which its number or its name; by its name a link, too. */
export async function removePasskey(
  { store }: Administration,
  address: string,
  which: string,
): Promise<Result<{ readonly name: string }, NoAccount | "no-such-passkey">> {
  const account = await findAccount(store, address);
  if (!account.ok) return account;
  const name = which.normalize("NFC").trim();
  return store.removePasskey(account.value.id, isNumber(name) ? { id: Number(name) } : { name });
}

/** Under which the store knows a token. Nothing to try out: no salt and no stretching is needed. */
export function passkeyTokenHash(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
}

/** A name of figures alone would be taken for a number. */
function isPasskeyName(name: string): boolean {
  return name !== "" && name.length <= LABEL_CHARACTERS_MAX && !/\p{Cc}/u.test(name) && !isNumber(name);
}

function isNumber(word: string): boolean {
  return /^\d+$/.test(word);
}

function describe({ id, name, isBackedUp, transports, createdAtMs, lastUsedMs }: PasskeyRow): Passkey {
  return { id, name, isBackedUp, transports, createdAtMs, lastUsedMs };
}
