/** A small OpenID provider on loopback, over HTTPS: its description, its keys, tokens it signs, and what it says of tokens. */
import { createServer } from "node:https";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

export interface OpenIdProvider extends AsyncDisposable {
  readonly issuer: string;
  /** A good one for the account, but for `claims`. */
  token(address: string, claims?: Readonly<Record<string, unknown>>): Promise<string>;
  /** An opaque one that introspection knows. */
  opaqueToken(address: string): string;
  /** It knows the token no more. */
  revoke(token: string): void;
  /** It answers nobody, or everybody again. */
  isDown: boolean;
}

export const CLIENT = { id: "postern", secret: "s3cret of the mail server" };

export async function startOpenIdProvider(tls: {
  readonly cert: string;
  readonly key: string;
}): Promise<OpenIdProvider> {
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: "1", alg: "RS256", use: "sig" };
  const opaque = new Map<string, string>();
  const server = createServer(tls, (request, response) => {
    if (provider.isDown) return void request.socket.destroy();
    let body = "";
    request.on("data", (piece: Buffer) => {
      body += piece.toString();
    });
    request.on("end", () => {
      const page = answer(`${request.method} ${request.url}`, body, request.headers.authorization);
      response.writeHead(page === undefined ? 401 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(page ?? {}));
    });
  });

  function answer(asked: string, body: string, authorization: string | undefined): unknown {
    switch (asked) {
      case "GET /.well-known/openid-configuration":
        return { issuer: provider.issuer, jwks_uri: `${provider.issuer}/keys` };
      case "GET /keys":
        return { keys: [jwk] };
      case "POST /introspect": {
        const expected = [CLIENT.id, CLIENT.secret].map((text) => encodeURIComponent(text).replaceAll("%20", "+"));
        if (authorization !== `Basic ${Buffer.from(expected.join(":")).toString("base64")}`) return undefined;
        const email = opaque.get(new URLSearchParams(body).get("token") ?? "");
        return email === undefined ? { active: false } : { active: true, email, aud: "mail" };
      }
      default:
        return undefined;
    }
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const provider: OpenIdProvider = {
    issuer: `https://127.0.0.1:${port}`,
    isDown: false,
    token: (email, claims = {}) =>
      new SignJWT({ email, aud: "mail", iss: provider.issuer, exp: Date.now() / 1000 + 300, ...claims })
        .setProtectedHeader({ alg: "RS256", kid: "1" })
        .sign(privateKey),
    opaqueToken(address) {
      const token = `opaque-${opaque.size}`;
      opaque.set(token, address);
      return token;
    },
    revoke: (token) => void opaque.delete(token),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return provider;
}
