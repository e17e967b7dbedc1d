/** Every row of test/vectors/urls.json, where its remark says it stands: most are targets of links. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { bodyEvidence } from "./extraction.test-data.ts";

interface Vector {
  readonly raw: string;
  readonly hosts: string | readonly string[] | null;
}

const file = join(import.meta.dirname, "../../../test/vectors/urls.json");
const { vectors } = JSON.parse(readFileSync(file, "utf8")) as { vectors: readonly Vector[] };
const REMARK = / \((text|text, no scheme|href|href with leading space|in HTML)\)$/;

suite("URL vectors", () => {
  for (const { raw, hosts } of vectors) {
    test(JSON.stringify(raw), async () => {
      const [, remark] = REMARK.exec(raw) ?? [];
      const link = raw.replace(REMARK, "");
      const expected = [hosts ?? []].flat();
      const isText = remark?.startsWith("text") === true || !/[:/]/.test(link);
      const written = remark === "in HTML" ? link : link.replaceAll("&", "&amp;");
      const body = isText ? link : `<p>See <a href="${written}">this</a></p>`;
      const { hosts: found } = await bodyEvidence(body, { type: isText ? "text/plain" : "text/html" });
      // The vectors name a site, not the name of its web server.
      const sites = found.map(({ host }) => host.replace(/^www\./, "")).toSorted();
      assert.deepEqual(sites, [...expected].toSorted());
    });
  }
});
