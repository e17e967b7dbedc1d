/** Commands that need no folder: CAPABILITY, NOOP, LOGOUT, ID (RFC 2971), ENABLE (RFC 5161), NAMESPACE (RFC 2342). */
import { HIERARCHY_SEPARATOR } from "#store/store.ts";
import { ENABLEABLE } from "../capabilities.ts";
import { type Completion, done, type Session } from "../session.ts";
import { enableCondstore } from "./condstore.ts";

export function capability(session: Session): Completion {
  session.output.send({ kind: "capability", capabilities: session.capabilities() });
  return done("Capability completed");
}

export function noop(): Completion {
  return done("Completed");
}

export function logout(session: Session): Completion {
  session.endReason = "logout";
  session.bye(null, "Logging out");
  return done("Logout completed");
}

export function id(session: Session): Completion {
  const { name, version } = session.dependencies.server;
  session.output.send({
    kind: "id",
    fields: [
      ["name", name],
      ["version", version],
    ],
  });
  return done("ID completed");
}

export function enable(session: Session, command: { readonly capabilities: readonly string[] }): Completion {
  const asked = new Set(command.capabilities.map((name) => name.toUpperCase()));
  const enabled = ENABLEABLE.filter((name) => asked.has(name));
  session.output.send({ kind: "enabled", capabilities: enabled });
  for (const name of enabled) {
    switch (name) {
      case "CONDSTORE":
        enableCondstore(session);
        break;
      case "QRESYNC":
        enableCondstore(session);
        session.qresync = true;
        break;
      case "UTF8=ACCEPT":
        session.output.utf8 = true;
        session.reader.acceptUtf8();
        break;
    }
  }
  return done("Enabled");
}

export function namespace(session: Session): Completion {
  const personal = [{ prefix: "", separator: HIERARCHY_SEPARATOR }];
  session.output.send({ kind: "namespace", personal, others: [], shared: [] });
  return done("Namespace completed");
}
