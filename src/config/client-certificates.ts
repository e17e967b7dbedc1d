/** `[client_certificates]`: the files it names, and what belongs together. */
import { accessSync, constants } from "node:fs";
import { resolve } from "node:path";
import type { ProblemList } from "./problem.ts";
import type { ClientCertificateSettings, SettingsFile } from "./settings.ts";

/** Undefined where no client is asked for a certificate. */
export function clientCertificateSettings(
  { client_certificates: { ca_file: ca, crl_file: crl, accounts } }: SettingsFile,
  folder: string,
  problems: ProblemList,
): ClientCertificateSettings | undefined {
  if (ca === "") {
    if (crl !== "" || Object.keys(accounts).length > 0) {
      const remedy = "Name the authority's certificate, or take [client_certificates] out.";
      problems.error(["client_certificates"], "client_certificates.ca_file is missing", remedy);
    }
    return undefined;
  }
  const [caFile, crlFile] = [resolve(folder, ca), crl === "" ? "" : resolve(folder, crl)];
  for (const [key, file] of Object.entries({ ca_file: caFile, crl_file: crlFile })) {
    if (file !== "") checkReadable(key, file, problems);
  }
  return { caFile, crlFile, accounts };
}

function checkReadable(key: string, file: string, problems: ProblemList): void {
  try {
    accessSync(file, constants.R_OK);
  } catch {
    problems.error(
      ["client_certificates", key],
      `The file of client_certificates.${key}, ${file}, is not there or cannot be read`,
      "Correct the name, or let the user that Postern runs as read it.",
    );
  }
}
