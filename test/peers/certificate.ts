/** A certificate authority of our own with one certificate for `localhost`, for the peers that stand beside the server. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface CertificateFiles {
  readonly caFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly ca: string;
}

/** Writes `ca.pem`, `cert.pem` and `key.pem` into the folder. */
export function makeCertificate(folder: string, keyType: "ecdsa" | "rsa" = "ecdsa"): CertificateFiles {
  const file = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): void => {
    execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  };
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...curve, "-days", "30", "-subj", "/CN=Test CA", "-keyout", "ca-key.pem", "-out", "ca.pem");
  const key = keyType === "rsa" ? ["-newkey", "rsa:2048", "-nodes"] : curve;
  openssl("req", "-new", ...key, "-subj", "/CN=localhost", "-keyout", "key.pem", "-out", "request.pem");
  writeFileSync(file("names.cnf"), "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\nbasicConstraints=CA:FALSE\n");
  const signed = ["-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-days", "30", "-extfile", "names.cnf"];
  openssl("x509", "-req", "-in", "request.pem", ...signed, "-out", "cert.pem");
  return {
    caFile: file("ca.pem"),
    certificateFile: file("cert.pem"),
    keyFile: file("key.pem"),
    ca: readFileSync(file("ca.pem"), "utf8"),
  };
}
