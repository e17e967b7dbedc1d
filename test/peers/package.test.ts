/** The tarball of `npm pack` is whole: an installation is made with it, and runs. */
import { strict as assert } from "node:assert";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { must, run } from "./process.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "postern-package-"));
const installed = join(folder, "node_modules/postern");
let tarball = "";
let version = "";

suite("the package", () => {
  before(async () => {
    await must("chmod", ["755", folder]);
    // The Node that the project brings.
    const env = { PATH: `${join(root, "node_modules/.bin")}:${process.env["PATH"] ?? ""}` };
    const words = ["pack", "--json", "--pack-destination", folder];
    const said = await must("npm", words, { cwd: root, env, patienceMs: 300_000 });
    const [packed] = JSON.parse(said.slice(said.indexOf("["))) as { readonly filename: string }[];
    await must("mkdir", ["-p", installed]);
    tarball = packed?.filename ?? "";
    await must("tar", ["-xzf", join(folder, tarball), "-C", installed, "--strip-components=1"]);
    // What npm would have fetched, which is here already.
    const description = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as {
      readonly version: string;
      readonly dependencies: Readonly<Record<string, string>>;
    };
    version = description.version;
    await must("mkdir", ["-p", join(installed, "node_modules")]);
    for (const name of Object.keys(description.dependencies)) {
      const scope = name.includes("/") ? name.slice(0, name.indexOf("/")) : "";
      await must("mkdir", ["-p", join(installed, "node_modules", scope)]);
      symlinkSync(join(root, "node_modules", name), join(installed, "node_modules", name));
    }
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test("makes an installation that sends and reads a message", async () => {
    const program = `${process.execPath} ${join(installed, "bin/postern.js")}`;
    const options = `--domain example.com --admin admin@example.com --yes --skip-checks --self-signed --no-systemd --json`;
    const places = `--user nobody --dir ${folder}/etc --data ${folder}/data`;
    const script = `ip link set lo up; ${program} setup ${options} ${places}`;
    // Processes and network of its own: the server that setup starts ends with it, and ports below 1024 are free.
    const apart = ["--net", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", script];
    const { code, stdout, stderr } = await run("unshare", apart, { patienceMs: 240_000 });
    assert.ok(stdout.startsWith("{"), `${stdout}${stderr}`);
    const { value } = JSON.parse(stdout) as {
      readonly value: { readonly steps: readonly { readonly kind: string; readonly name: string }[] };
    };
    const kinds = new Map(value.steps.map(({ name, kind }) => [name, kind]));
    assert.deepEqual([kinds.get("server"), kinds.get("test-message")], ["made", "pass"]);
    // There is no DNS here: what could not be looked at is no fault.
    assert.equal(code, 3);
  });

  test("brings along the unit that Debian's package uses, and scripts that a shell can read", async () => {
    const scripts = ["build-deb.sh", "debian-postinst.sh", "debian-prerm.sh", "debian-postrm.sh"];
    for (const script of scripts) await must("sh", ["-n", join(root, "packaging", script)]);
    const unit = "packaging/postern.service";
    assert.equal(readFileSync(join(installed, unit), "utf8"), readFileSync(join(root, unit), "utf8"));
    cpSync(join(root, unit), join(folder, "postern.service"));
    const { stderr } = await run("systemd-analyze", ["verify", join(folder, "postern.service")]);
    const complaints = stderr
      .split("\n")
      .filter((line) => line !== "" && !line.includes("/usr/bin/postern is not executable"));
    assert.deepEqual(complaints, []);
  });

  test("Debian's package is made from it, with the Node it runs on", async () => {
    // Nobody keeps it: it need not be small.
    const env = { DPKG_DEB_COMPRESSOR_TYPE: "none" };
    const words = [join(root, "packaging/build-deb.sh"), join(folder, tarball), folder];
    const build = await must("sh", words, { env, patienceMs: 300_000 });
    const file = build.trim();
    const fields = await must("dpkg-deb", ["--show", "--showformat", "${Package} ${Version} ${Section}", file]);
    assert.equal(fields, `postern ${version} mail`);
    const place = join(folder, "debian");
    await must("dpkg-deb", ["--raw-extract", file, place]);
    const library = join(place, "usr/lib/postern/node_modules");
    const said = await must(join(library, "node/bin/node"), [join(library, "postern/bin/postern.js"), "--version"]);
    assert.equal(said.trim(), `postern ${version}`);
    // What systemd starts, and what people type.
    const unit = readFileSync(join(place, "usr/lib/systemd/system/postern.service"), "utf8");
    assert.match(unit, /^ExecStart=\/usr\/bin\/postern serve /m);
    await must("test", ["-x", join(place, "usr/bin/postern")]);
    for (const script of ["postinst", "prerm", "postrm"]) await must("test", ["-x", join(place, "DEBIAN", script)]);
  });
});
