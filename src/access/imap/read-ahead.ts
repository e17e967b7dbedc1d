/** Reads what FETCH needs of many messages with few calls to the store: those of one group while the group before is told. */
import type { FetchItem } from "#protocol/imap/fetch-item.ts";
import type { OctetRange } from "#protocol/imap/section.ts";
import { ROWS_PER_CALL_MAX } from "#store/limits.ts";
import type { ContentRange, Store } from "#store/store.ts";
import { READ_TOGETHER_OCTETS_MAX } from "../limits.ts";
import { type Message, rangesOf } from "./fetch-values.ts";

/** The messages in groups, in order. The small ranges of a group are being read when it is given out. */
export function* readAhead(
  store: Pick<Store, "readContents">,
  messages: Iterable<Message>,
  items: readonly FetchItem[],
): Generator<readonly Message[], undefined, undefined> {
  let group: Message[] = [];
  let call = new ReadCall();
  for (const message of messages) {
    group.push(message);
    for (const range of rangesOf(message, items)) {
      if (!call.takes(message, range)) continue;
      if (call.length < ROWS_PER_CALL_MAX) continue;
      call.send(store);
      call = new ReadCall();
    }
    if (call.octets < READ_TOGETHER_OCTETS_MAX) continue;
    call.send(store);
    yield group;
    group = [];
    call = new ReadCall();
  }
  call.send(store);
  if (group.length > 0) yield group;
}

/** One call to the store, while it is put together. */
class ReadCall {
  readonly #ranges: ContentRange[] = [];
  readonly #answer = Promise.withResolvers<readonly (Uint8Array | undefined)[]>();
  octets = 0;

  get length(): number {
    return this.#ranges.length;
  }

  /** False: the message's octets there are read when they are written. */
  takes({ row, content }: Message, range: OctetRange): boolean {
    if (!content.hasRoomFor(range)) return false;
    const index = this.#ranges.push({ blobId: row.blobId, ...range }) - 1;
    this.octets += range.end - range.start;
    content.expect(
      range,
      this.#answer.promise.then((all) => all[index]),
    );
    return true;
  }

  send(store: Pick<Store, "readContents">): void {
    if (this.length > 0) store.readContents(this.#ranges).then(this.#answer.resolve, this.#answer.reject);
  }
}
