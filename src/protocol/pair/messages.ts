/** What nodes say to each other, and what is taken from one: nothing that does not have its whole form. */
import { z } from "zod";

/** Of the exchange: nodes of another version do not understand each other, and say so. */
export const PAIR_VERSION = 1;

/** Words about the block list, and known senders, in one bundle. */
export const ENTRIES_PER_BUNDLE_MAX = 500;
/** Recipients of one hand-over, as of one attempt of the queue. */
export const RECIPIENTS_MAX = 100;
/** Octets of a recipient list: half a million addresses. */
export const LIST_OCTETS_MAX = 10 * 1024 * 1024;

const name = z.string().min(1).max(255);
const fingerprint = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);
const line = z.string().max(1000);
const address = z.string().min(1).max(600);

const entryKey = {
  prefix: z.string().min(2).max(64),
  scope: z.enum(["smtp", "auth", "all"]),
  kind: z.enum(["ban", "allow"]),
};
const stamped = z.strictObject({
  key: z.strictObject(entryKey),
  stamp: count,
  entry: z
    .strictObject({
      ...entryKey,
      reason: line,
      evidence: z.array(z.string().max(2000)).max(100),
      sinceMs: count,
      untilMs: count.nullable(),
      origin: z.enum(["admin", "rule", "import"]),
      repeat: count,
    })
    .nullable(),
});
const knownSender = z.strictObject({
  key: z.string().min(1).max(400),
  known: z.enum(["waited", "delivered", "written-to", "released"]),
  lastMs: count,
  last: z.strictObject({ mailFrom: line, client: line, clientName: line, decision: line }),
});

/** How much of the other's is here. */
const wants = z.strictObject({
  blockListCursor: count,
  sendersCursorMs: count,
  /** Digest of the recipient list that is here; null: none. */
  listDigest: fingerprint.nullable(),
});

const bundle = z.strictObject({
  version: z.literal(PAIR_VERSION),
  name,
  /** Digest of the policy it judges by. */
  policy: fingerprint,
  blockList: z.array(stamped).max(ENTRIES_PER_BUNDLE_MAX),
  blockListCursor: count,
  senders: z.array(knownSender).max(ENTRIES_PER_BUNDLE_MAX),
  sendersCursorMs: count,
  /** There is more of either. */
  isMore: z.boolean(),
  /** Null: it has no domains of its own. Octets of a changed one follow in frames. */
  list: z.strictObject({ digest: fingerprint, octetsToCome: z.int().min(0).max(LIST_OCTETS_MAX) }).nullable(),
});

const folder = z.enum(["inbox", "junk", "quarantine"]);
const handOver = z.strictObject({
  kind: z.literal("hand-over"),
  version: z.literal(PAIR_VERSION),
  /** Of the decision where it was judged: the same however often it comes. */
  id: z.string().min(1).max(64),
  mailFrom: z.string().max(600),
  /** The domain of the reverse-path vouches for the client. */
  isSenderVerified: z.boolean(),
  receivedAtMs: count,
  client: z.strictObject({
    address: z.string().max(200),
    name: z.string().max(300),
    tls: z.string().max(100).nullable(),
  }),
  messageId: z.string().max(1000).nullable(),
  score: z.number(),
  reasons: z.array(z.string().max(200)).max(50),
  recipients: z.array(z.strictObject({ address, folder })).min(1).max(RECIPIENTS_MAX),
  sizeOctets: count,
  body: z.enum(["7BIT", "8BITMIME", "BINARYMIME"]),
});

const answers = z
  .array(z.strictObject({ code: z.int().min(200).max(599), status: z.string().max(20), text: line }))
  .max(RECIPIENTS_MAX);

const message = z.discriminatedUnion("kind", [
  /** The first word of one that has a code. `proof`: see `pair/pairing-proof.ts`. `address`: where it listens, or empty. */
  z.strictObject({
    kind: z.literal("join"),
    version: z.literal(PAIR_VERSION),
    name,
    proof: fingerprint,
    address: z.string().max(300),
  }),
  z.strictObject({ kind: z.literal("joined"), name, proof: fingerprint }),
  z.strictObject({ kind: z.literal("refused"), why: z.string().max(300) }),
  /** Asks for what is new. */
  z.strictObject({ kind: z.literal("pull"), version: z.literal(PAIR_VERSION), wants }),
  /** The answer, with what the other wants in turn. */
  z.strictObject({ kind: z.literal("news"), bundle, wants }),
  /** What the other wanted. */
  z.strictObject({ kind: z.literal("push"), bundle }),
  z.strictObject({ kind: z.literal("noted") }),
  handOver,
  /** One for each recipient, in their order. 250: its octets are wanted; 251: it was taken before. */
  z.strictObject({ kind: z.literal("recipients"), answers }),
  z.strictObject({ kind: z.literal("end") }),
  /** One for each recipient that had 250, in their order. */
  z.strictObject({ kind: z.literal("taken"), answers }),
]);

export type PairMessage = z.infer<typeof message>;
export type PairMessageOf<Kind extends PairMessage["kind"]> = Extract<PairMessage, { readonly kind: Kind }>;
export type Bundle = z.infer<typeof bundle>;
export type Wants = z.infer<typeof wants>;
export type HandOver = z.infer<typeof handOver>;
export type HandOverAnswer = z.infer<typeof answers>[number];
export type KnownSender = z.infer<typeof knownSender>;

/** Undefined: it is none. */
export function parsePairMessage(text: string): PairMessage | undefined {
  try {
    const parsed = message.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined; // no JSON
  }
}
