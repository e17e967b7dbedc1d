/**
 * Keys of session tickets (RFC 5077 §4, RFC 8446 §4.6.1): all threads share them, so that a client comes back faster
 * whichever thread it meets. New ones seal; those before them still open, and are then forgotten: whoever steals a key
 * reads no older sessions.
 */
import { randomBytes } from "node:crypto";
import type { SecureContext } from "node:tls";

export interface TicketKey {
  /** Says in a ticket which key sealed it. 16 octets. */
  readonly name: Uint8Array;
  /** 16 octets. */
  readonly hmacKey: Uint8Array;
  /** 16 octets. */
  readonly aesKey: Uint8Array;
}

/** The one that seals, and the one before it. */
export type TicketKeys = readonly [TicketKey, ...TicketKey[]];

/** Between two keys. With the one before it, each is used for twice as long. Milliseconds. */
export const TICKET_KEY_MS = 8 * 60 * 60 * 1000;
const PART_OCTETS = 16;

export function makeTicketKeys(previous?: TicketKeys): TicketKeys {
  const key = { name: part(), hmacKey: part(), aesKey: part() };
  return previous === undefined ? [key] : [key, previous[0]];
}

function part(): Uint8Array {
  return Uint8Array.from(randomBytes(PART_OCTETS));
}

/** Answers of OpenSSL's SSL_CTX_set_tlsext_ticket_key_evp_cb(3). */
const UNKNOWN = 0;
const GOOD = 1;
const GOOD_AND_RENEW = 2;

type TicketAnswer = readonly [verdict: number, hmacKey: Buffer, aesKey: Buffer, name?: Buffer, iv?: Buffer];

/** Node's own face of that callback; `setTicketKeys` knows one key alone, and would forget the one before at each change. */
interface TicketedContext {
  enableTicketKeyCallback?: () => void;
  onticketkeycallback?: (name: Buffer, iv: Buffer, isNew: boolean) => TicketAnswer;
  setTicketKeys: (keys: Buffer) => void;
}

/** The keys in force in one thread. Contexts ask for them at each handshake. */
export class TicketKeyRing {
  #keys: readonly [SealingKey, ...SealingKey[]];

  constructor(keys: TicketKeys) {
    this.#keys = sealingKeys(keys);
  }

  replace(keys: TicketKeys): void {
    this.#keys = sealingKeys(keys);
  }

  /** Lets the context seal and open tickets with this ring's keys. */
  serve(context: SecureContext): void {
    const native = context.context as TicketedContext;
    if (native.enableTicketKeyCallback === undefined) {
      const { name, hmacKey, aesKey } = this.#keys[0];
      native.setTicketKeys(Buffer.concat([name, hmacKey, aesKey]));
      return;
    }
    native.onticketkeycallback = (name, _iv, isNew) => (isNew ? this.#seal() : this.#open(name));
    native.enableTicketKeyCallback();
  }

  #seal(): TicketAnswer {
    const [{ name, hmacKey, aesKey }] = this.#keys;
    return [GOOD, hmacKey, aesKey, name, randomBytes(PART_OCTETS)];
  }

  #open(name: Buffer): TicketAnswer {
    const known = this.#keys.find((key) => key.name.equals(name));
    // Node wants keys with a refusal, too.
    const { hmacKey, aesKey } = known ?? this.#keys[0];
    // A new ticket each time: one that is used twice shows that both connections come from one client (RFC 8446 §C.4).
    return [known === undefined ? UNKNOWN : GOOD_AND_RENEW, hmacKey, aesKey];
  }
}

interface SealingKey {
  readonly name: Buffer;
  readonly hmacKey: Buffer;
  readonly aesKey: Buffer;
}

function sealingKeys([first, ...others]: TicketKeys): readonly [SealingKey, ...SealingKey[]] {
  return [sealingKey(first), ...others.map(sealingKey)];
}

/** They came from another thread, which makes plain arrays of buffers. */
function sealingKey({ name, hmacKey, aesKey }: TicketKey): SealingKey {
  return { name: Buffer.from(name), hmacKey: Buffer.from(hmacKey), aesKey: Buffer.from(aesKey) };
}
