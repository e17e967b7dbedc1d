/** A resolver whose world is a map. */
import { reverseName } from "#mail/ip-address.ts";
import type {
  CaaRecord,
  DnsAnswer,
  DnsFailure,
  LookupOptions,
  MxRecord,
  SrvRecord,
  TlsaRecord,
  ZoneResolver,
} from "#ports/resolver.ts";

interface RecordsByType {
  readonly A: string;
  readonly AAAA: string;
  readonly PTR: string;
  readonly TXT: string;
  readonly MX: MxRecord;
  readonly TLSA: TlsaRecord;
  readonly CNAME: string;
  readonly NS: string;
  readonly CAA: CaaRecord;
  readonly SRV: SrvRecord;
}

type RecordType = keyof RecordsByType;

/** By type: records, or why there is no answer. A type that is not there is "no data". */
export type FakeRecords = { readonly [Type in RecordType]?: readonly RecordsByType[Type][] | DnsFailure };

/** Another name for whatever is asked: a CNAME, which the resolver follows. */
interface FakeAlias {
  readonly alias: string;
}

/**
 * By name, in lower case without the final dot; for `ptr` the address may stand in place of its reverse name. A name that
 * is not there does not exist; a failure in place of its records answers every question.
 */
export type FakeNames = Readonly<Record<string, FakeRecords | FakeAlias | DnsFailure>>;

export interface FakeQuestion {
  readonly name: string;
  readonly type: RecordType;
  readonly deadlineMs: number;
}

export class FakeResolver implements ZoneResolver {
  /** Every question so far. */
  readonly questions: FakeQuestion[] = [];
  /** May be changed between questions. */
  names: FakeNames;
  ttlSeconds = 300;
  authenticated = false;
  /** Names whose zone is not signed, though others are. */
  unsigned: readonly string[] = [];

  constructor(names: FakeNames = {}) {
    this.names = names;
  }

  /** `TYPE name` of every question so far, sorted: for comparing. */
  get asked(): readonly string[] {
    return this.questions.map(({ name, type }) => `${type} ${name}`).toSorted();
  }

  async a(name: string, options: LookupOptions): Promise<DnsAnswer<string>> {
    return this.#answer("A", name, options);
  }

  async aaaa(name: string, options: LookupOptions): Promise<DnsAnswer<string>> {
    return this.#answer("AAAA", name, options);
  }

  async ptr(address: string, options: LookupOptions): Promise<DnsAnswer<string>> {
    return this.#answer("PTR", address in this.names ? address : reverseName(address), options);
  }

  async txt(name: string, options: LookupOptions): Promise<DnsAnswer<string>> {
    return this.#answer("TXT", name, options);
  }

  async mx(name: string, options: LookupOptions): Promise<DnsAnswer<MxRecord>> {
    return this.#answer("MX", name, options);
  }

  async tlsa(name: string, options: LookupOptions): Promise<DnsAnswer<TlsaRecord>> {
    return this.#answer("TLSA", name, options);
  }

  async cname(name: string, options: LookupOptions): Promise<DnsAnswer<string>> {
    return this.#answer("CNAME", name, options);
  }

  async ns(name: string, options: LookupOptions): Promise<DnsAnswer<string>> {
    return this.#answer("NS", name, options);
  }

  async caa(name: string, options: LookupOptions): Promise<DnsAnswer<CaaRecord>> {
    return this.#answer("CAA", name, options);
  }

  async srv(name: string, options: LookupOptions): Promise<DnsAnswer<SrvRecord>> {
    return this.#answer("SRV", name, options);
  }

  #answer<Type extends RecordType>(
    type: Type,
    name: string,
    { deadlineMs }: LookupOptions,
  ): DnsAnswer<RecordsByType[Type]> {
    this.questions.push({ name, type, deadlineMs });
    const { ttlSeconds } = this;
    const authenticated = this.authenticated && !this.unsigned.includes(name);
    const known = this.names[name.toLowerCase()];
    if (known === undefined) return { kind: "no-such-name", ttlSeconds, authenticated };
    if (typeof known === "string") return { kind: "unavailable", cause: known };
    if ("alias" in known) {
      if (type === "CNAME") return { kind: "records", records: [known.alias as never], ttlSeconds, authenticated };
      const end = this.#answer(type, known.alias, { deadlineMs });
      if (end.kind === "unavailable") return end;
      const chain = { ...end, authenticated: end.authenticated && authenticated };
      return chain.kind === "records" ? { aliasOf: known.alias, ...chain } : chain;
    }
    const records: readonly RecordsByType[Type][] | DnsFailure | undefined = known[type];
    if (typeof records === "string") return { kind: "unavailable", cause: records };
    if (records === undefined || records.length === 0) return { kind: "no-data", ttlSeconds, authenticated };
    return { kind: "records", records, ttlSeconds, authenticated };
  }
}
