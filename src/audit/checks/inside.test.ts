import { test } from "node:test";
import { type Change, check } from "../facts/changed.test-data.ts";

const tried =
  (greeted: number, opened = 60): Change =>
  () => ({
    intrusive: { connections: new Map([["192.0.2.1", { opened, greeted }]]), smuggling: new Map() },
  });

test("of others they cannot be seen", () => {
  check("own-block-list", "unknown", () => ({ inside: undefined }));
  check("limits", "unknown", () => ({ inside: undefined }));
});
test("our own must be enforced", () =>
  check("own-block-list", "fail", ({ inside }) => ({
    inside: inside && { ...inside, blockList: { isEnforced: false, entries: 0 } },
  })));
test("a host that lets in everybody is a warning, one that counts passes", () => {
  check("limits", "warn", tried(60));
  check("limits", "pass", tried(20));
  check("limits", "unknown", tried(0, 0));
});
