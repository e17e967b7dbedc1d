/** `[oauth]`: what must fit together, and the files it names. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { CamelCased } from "./camel-case.ts";
import type { ProblemList } from "./problem.ts";
import type { SettingsFile } from "./settings.ts";

type Written = CamelCased<SettingsFile>["oauth"];

export interface OauthFileSettings extends Omit<Written, "clientSecretFile" | "caFile"> {
  readonly clientSecret: string;
  /** In PEM; undefined: those every program knows. */
  readonly authoritiesPem: string | undefined;
}

/** Undefined where there is no provider. */
export function readOauth(written: Written, folder: string, problems: ProblemList): OauthFileSettings | undefined {
  const { clientSecretFile, caFile, ...oauth } = written;
  const { issuer, audiences, keysUrl, introspectionUrl, clientId } = oauth;
  if (issuer === "") {
    if (audiences.length > 0 || keysUrl !== "" || introspectionUrl !== "") {
      problems.error(["oauth"], "oauth.issuer is missing", "Name the provider, or take [oauth] out.");
    }
    return undefined;
  }
  for (const [key, url] of Object.entries({ issuer, keys_url: keysUrl, introspection_url: introspectionUrl })) {
    if (url === "" || isProviderUrl(url)) continue;
    problems.error(["oauth", key], `oauth.${key}, ${url}, is no https address`, "Take it from the provider's guide.");
  }
  if (introspectionUrl === "") {
    if (audiences.length === 0) {
      const remedy = "Say what tokens for mail are meant for: the aud that the provider puts in them.";
      problems.error(["oauth", "audiences"], "oauth.audiences is empty: any token of the provider would do", remedy);
    }
  } else {
    if (keysUrl !== "") {
      problems.error(["oauth", "keys_url"], "Tokens are checked by keys or by introspection", "Leave one of the two.");
    }
    if (clientId === "" || clientSecretFile === "") {
      const remedy = "Register a client at the provider, and give client_id and client_secret_file.";
      problems.error(["oauth", "introspection_url"], "The provider answers nobody it does not know", remedy);
    }
  }
  const read = (key: string, name: string): string => readText(["oauth", key], resolve(folder, name), problems);
  return {
    ...oauth,
    clientSecret: clientSecretFile === "" ? "" : read("client_secret_file", clientSecretFile).trim(),
    authoritiesPem: caFile === "" ? undefined : read("ca_file", caFile),
  };
}

/** Over HTTPS, or to a provider on this machine. */
function isProviderUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.password !== "" || url.hash !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && /^(?:127\.0\.0\.1|\[::1\])$/.test(url.hostname));
}

function readText(path: readonly [string, string], file: string, problems: ProblemList): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    const message = `The file of ${path.join(".")}, ${file}, is not there or cannot be read`;
    problems.error(path, message, "Correct the name, or let the user that Postern runs as read it.");
    return "";
  }
}
