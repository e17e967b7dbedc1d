import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { failed, ok } from "#mail/result.ts";
import type { HttpsPost } from "#ports/https-client.ts";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import {
  POST_AGAIN_MS,
  POST_FOR_MS,
  POSTS_READ_AFTER_MS,
  POSTS_WAITING_MAX,
  POSTS_WAITING_OCTETS_MAX,
} from "../limits.ts";
import { postMemory, type ReportPost, ReportPosts } from "./report-posts.ts";

const URL_THERE = "https://far.example/report";
const POST: ReportPost = { kind: "tls", domain: "far.example", url: URL_THERE, packed: Buffer.from("packed") };
const MINUTE_MS = 60_000;

class World {
  readonly clock = new FakeClock();
  readonly log = new FakeLog();
  readonly posted: HttpsPost[] = [];
  /** Minutes at which somebody was asked. */
  readonly minutes: number[] = [];
  /** Of each post; beyond them `later`. */
  readonly statuses: (number | "gone")[];
  later: number | "gone" = 503;
  /** The file. */
  file: unknown;
  posts: ReportPosts;

  constructor(statuses: (number | "gone")[] = []) {
    this.statuses = statuses;
    this.posts = this.open();
  }

  /** As a thread that begins. */
  open(): ReportPosts {
    const memory = postMemory({
      read: async () => this.file,
      write: async (value) => {
        this.file = JSON.parse(JSON.stringify(value));
      },
    });
    const { clock, log } = this;
    this.posts = new ReportPosts({ clock, log, memory, https: { post: async (request) => this.#answer(request) } });
    return this.posts;
  }

  #answer(request: HttpsPost) {
    assert.equal(request.publicOnly, true, "where reports go is a stranger's word");
    assert.deepEqual(
      this.waiting,
      this.waiting.filter(({ url }) => url !== request.url),
      "it is out of the file",
    );
    this.posted.push(request);
    this.minutes.push(Math.round(this.clock.monotonicMs() / MINUTE_MS));
    const status = this.statuses.shift() ?? this.later;
    return status === "gone"
      ? failed({ kind: "no-connection", text: "gone" } as const)
      : ok({ status, mediaType: "", text: "" });
  }

  get waiting(): readonly { readonly url: string }[] {
    return (this.file ?? []) as readonly { readonly url: string }[];
  }

  async pass(ms: number): Promise<void> {
    const untilMs = this.clock.monotonicMs() + ms;
    while (this.clock.monotonicMs() < untilMs) {
      this.clock.advance(Math.min(MINUTE_MS, untilMs - this.clock.monotonicMs()));
      await quiet();
    }
  }
}

async function quiet(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

suite("reports over HTTPS", () => {
  test("that are taken are handed in once, packed (RFC 8460 §5.4)", async () => {
    const world = new World([201]);
    await world.posts.hand(POST);
    assert.deepEqual(
      world.posted.map(({ url, mediaType, octets }) => [url, mediaType, Buffer.from(octets).toString()]),
      [[URL_THERE, "application/tlsrpt+gzip", "packed"]],
    );
    await world.pass(POST_FOR_MS);
    assert.equal(world.posted.length, 1);
    assert.equal(world.clock.pending, 0);
  });

  test("that are not taken are tried for a day, each wait twice as long, and no more (§5.5)", async () => {
    const world = new World([503, "gone", 302]);
    await world.posts.hand(POST);
    await world.pass(2 * POST_FOR_MS);
    assert.deepEqual(world.minutes, [0, 5, 15, 35, 75, 155, 315, 635, 1275]);
    assert.equal(world.log.lines.at(-1)?.fields["again"], false);
    assert.deepEqual(world.waiting, []);
    assert.equal(world.clock.pending, 0);
  });

  test("wait over a restart, and are handed in by who comes next", async () => {
    const world = new World([503, 503]);
    await world.posts.hand(POST);
    await world.pass(POST_AGAIN_MS);
    assert.equal(world.waiting.length, 1);
    world.posts.close();
    await world.pass(3 * POST_AGAIN_MS);
    assert.equal(world.posted.length, 2, "nothing is tried in between");
    world.later = 200;
    world.open();
    await world.pass(POSTS_READ_AFTER_MS);
    assert.equal(world.posted.length, 3);
    assert.deepEqual([world.waiting, world.clock.pending], [[], 0]);
  });

  test("beside others that wait in the file are kept beside them", async () => {
    const world = new World();
    await world.posts.hand(POST);
    world.posts.close();
    await world.open().hand({ ...POST, url: "https://other.example/" });
    assert.deepEqual(
      world.waiting.map(({ url }) => url),
      [URL_THERE, "https://other.example/"],
    );
  });

  test("wait in a bounded number, and with bounded octets", async () => {
    const many = new World();
    for (let one = 0; one < POSTS_WAITING_MAX + 10; one++)
      await many.posts.hand({ ...POST, url: `${URL_THERE}/${one}` });
    assert.equal(many.waiting.length, POSTS_WAITING_MAX);
    const large = new World();
    const packed = Buffer.alloc(POSTS_WAITING_OCTETS_MAX / 3 - 3);
    for (let one = 0; one < 5; one++) await large.posts.hand({ ...POST, packed, url: `${URL_THERE}/${one}` });
    assert.equal(large.waiting.length, 3);
  });

  test("out of a file that is anybody's work are those that are some", async () => {
    const world = new World();
    await world.posts.hand(POST);
    const [good] = world.waiting;
    const bad = [{ ...good, url: "http://far.example/" }, { ...good, dueMs: "1" }, { ...good, kind: "x" }, 7, null];
    for (const file of [[...bad, good], "all", { 0: good }]) {
      const kept = await postMemory({ read: async () => file, write: async () => undefined }).load();
      assert.deepEqual(kept, Array.isArray(file) ? [good] : []);
    }
  });
});
