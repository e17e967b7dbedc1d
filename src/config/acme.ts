/** `[acme]`: what must fit together, before a certificate authority is asked and counts the failure. */
import { accessSync, constants } from "node:fs";
import { resolve } from "node:path";
import type { ProblemList } from "./problem.ts";
import type { AcmeSettings, SettingsFile } from "./settings.ts";

export function acmeSettings(
  { tls, listener: listeners }: SettingsFile,
  acme: AcmeSettings,
  folder: string,
  problems: ProblemList,
): AcmeSettings {
  const absolute = (name: string): string => (name === "" ? "" : resolve(folder, name));
  const settings = { ...acme, hook: absolute(acme.hook), caFile: absolute(acme.caFile) };
  if (tls.source !== "acme") return settings;
  const { directoryUrl, challenge, hook, caFile, eabKeyId, eabHmacKey } = settings;
  if (URL.parse(directoryUrl)?.protocol !== "https:") {
    problems.error(
      ["acme", "directory_url"],
      `${directoryUrl} is no https address`,
      "Take it from the authority's guide.",
    );
  }
  if ((eabKeyId === "") !== (eabHmacKey === "")) {
    problems.error(["acme"], "acme.eab_key_id and acme.eab_hmac_key belong together", "Give both, or none.");
  }
  checkFile("ca_file", caFile, constants.R_OK, problems);
  if (challenge === "dns-01") {
    if (hook === "") {
      problems.error(
        ["acme", "hook"],
        "dns-01 needs a program that changes the DNS",
        "Name it with hook, or take http-01.",
      );
    }
    checkFile("hook", hook, constants.X_OK, problems);
  } else if (listeners.length > 0 && !listeners.some(({ protocol }) => protocol === "http")) {
    const port = challenge === "http-01" ? 80 : 443;
    problems.error(
      ["acme", "challenge"],
      `${challenge} needs a listener for http`,
      `Add [[listener]] with protocol = "http" and bind = "0.0.0.0:${port}".`,
    );
  }
  return settings;
}

function checkFile(key: string, file: string, mode: number, problems: ProblemList): void {
  if (file === "") return;
  try {
    accessSync(file, mode);
  } catch {
    problems.error(
      ["acme", key],
      `The file of acme.${key}, ${file}, is not there or cannot be used`,
      "Correct the name, or let the user that Postern runs as use it.",
    );
  }
}
