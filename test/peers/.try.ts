import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { user } from "./attacks/target.ts";
import { startServer } from "./server.ts";
import { SmtpClient } from "./smtp-client.ts";

const folder = "/work/shared/peers/messages";
const msgs = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(?:eml|msg)$/.test(name) || basename(name) === "sample_output_multipart")
  .filter((name) => statSync(join(folder, name)).isFile())
  .toSorted()
  .map((name) => {
    const t = readFileSync(join(folder, name), "latin1").replace(/(?<!\r)\n/g, "\r\n");
    return { name, octets: t.endsWith("\r\n") ? t : t + "\r\n" };
  });
const s = await startServer({ domains: [{ name: "local.test" }], accounts: { [user.user]: user.password } });
try {
  let c = await SmtpClient.greet({ port: s.ports.mx });
  let n = 0;
  for (const m of msgs) {
    n++;
    try {
      const mail = await c.say("MAIL FROM:<sender@sender.test>");
      if (mail.code !== 250) {
        console.log(n, m.name, "MAIL", mail.text);
        c = await SmtpClient.greet({ port: s.ports.mx });
        await c.say("MAIL FROM:<sender@sender.test>");
      }
      await c.say(`RCPT TO:<${user.user}>`, 250);
      await c.say("DATA", 354);
      c.send(Buffer.from(m.octets.replace(/(^|\r\n)\./g, "$1..") + ".\r\n", "latin1"));
      const r = await c.next();
      if (r.code !== 250) console.log(n, m.name, r.text.slice(0, 100));
    } catch (e) {
      console.log("HANG at", n, m.name, (e as Error).message.split("\n")[0]);
      console.log(s.log().split("\n").slice(-4).join("\n"));
      c = await SmtpClient.greet({ port: s.ports.mx });
    }
  }
} finally {
  await s.stop();
}
