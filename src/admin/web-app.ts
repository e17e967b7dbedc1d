/**
 * The web pages that mail needs, and no more: what other servers (MTA-STS), mail programs (autoconfig, autodiscover, profiles)
 * and certificate authorities (challenges) ask for, and the page on which people make passkeys. Everything here is public, but for
 * `/metrics`, which is for this machine or for who has the token, and what is asked with a link for a passkey; nothing tells
 * whether an account exists.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { APPLE_PROFILE_TYPE, appleProfile } from "./apple-profile.ts";
import { autoconfigXml } from "./autoconfig.ts";
import { askedAddress, autodiscoverXml } from "./autodiscover.ts";
import { METRICS_TYPE } from "./metrics-text.ts";
import { mtaStsPolicy } from "./mta-sts.ts";
import { type PasskeyPage, passkeyRoutes } from "./passkey/passkey-routes.ts";
import { domainOfAddress, hostRole, type WebDomain, type WebSettings } from "./web-settings.ts";

export interface WebClient {
  readonly address: string;
  /** Inside TLS. */
  readonly isSecure: boolean;
  /** Without TLS from this machine alone: a proxy in front, which has the TLS. */
  readonly isPrivate: boolean;
  /** Its connection comes from this machine. */
  readonly isLocal: boolean;
}

export interface WebApp {
  /** Never rejects but for a bug. */
  readonly respond: (request: Request, client: WebClient) => Promise<Response>;
}

export interface WebAppOptions {
  readonly settings: WebSettings;
  /** Where `http://` leads to; undefined without a listener for HTTPS. */
  readonly httpsPort: number | undefined;
  /** What is answered to a certificate authority (RFC 8555 §8.3). */
  readonly keyAuthorization: (token: string) => string | undefined;
  /** Undefined without a listener for HTTPS. */
  readonly passkeys?: PasskeyPage;
  /** For Prometheus; undefined where the figures cannot be had. */
  readonly metrics: () => Promise<string | undefined>;
}

type Env = { Bindings: WebClient };

/** What a proxy on this machine writes: the client is somebody else, who need not know our figures. */
const FORWARDED = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];
const LOOPBACK_NAMES: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);
const XML = { "content-type": "text/xml; charset=utf-8" };
/** Octets of an address in a request (RFC 5321 §4.5.3.1.3). */
const ADDRESS_OCTETS_MAX = 256;

export function createWebApp(options: WebAppOptions): WebApp {
  const { settings, keyAuthorization } = options;
  const app = new Hono<Env>();
  app.use(protecting);
  app.get("/.well-known/acme-challenge/:token", (context) => {
    const answer = keyAuthorization(context.req.param("token"));
    return answer === undefined
      ? context.notFound()
      : context.body(answer, 200, { "content-type": "application/octet-stream" });
  });
  app.get("/metrics", async (context) => {
    if (!maySeeMetrics(settings, context)) return context.notFound();
    const text = await options.metrics();
    return text === undefined
      ? context.text("The figures cannot be had.\n", 503)
      : context.body(text, 200, { "content-type": METRICS_TYPE });
  });
  app.use(knownHosts(settings));
  // Before the way to HTTPS: a token that was sent in clear is not to be sent again.
  if (options.passkeys !== undefined) app.route("/passkey", passkeyRoutes(options.passkeys));
  app.use(insideTls(options));
  app.get("/.well-known/mta-sts.txt", (context) => {
    const asked = hostRole(settings, hostOf(context));
    // RFC 8461 §3.3: at this name alone, and never behind a redirect.
    return asked?.role === "mta-sts." ? context.text(mtaStsPolicy(asked.domain.mtaSts)) : context.notFound();
  });
  for (const path of ["/mail/config-v1.1.xml", "/.well-known/autoconfig/mail/config-v1.1.xml"]) {
    app.get(path, (context) => {
      const domain = askedDomain(settings, context);
      return domain === undefined ? context.notFound() : context.body(autoconfigXml(settings, domain), 200, XML);
    });
  }
  for (const path of ["/autodiscover/autodiscover.xml", "/Autodiscover/Autodiscover.xml"]) {
    app.post(path, async (context) => {
      const address = askedAddress(await context.req.text());
      const isOurs = address !== undefined && domainOfAddress(settings, address) !== undefined;
      return isOurs ? context.body(autodiscoverXml(settings, address), 200, XML) : context.notFound();
    });
  }
  app.get("/mail/apple.mobileconfig", (context) => profile(settings, context));
  app.get("/", (context) =>
    context.text(`Mail server ${settings.hostname}. Mail programs find their settings here.\n`),
  );
  return { respond: async (request, client) => app.fetch(request, client) };
}

function maySeeMetrics({ metricsToken }: WebSettings, context: Context<Env>): boolean {
  const { isLocal, isSecure, isPrivate } = context.env;
  if (metricsToken !== undefined) {
    const shown = /^Bearer +(\S+)$/i.exec(context.req.header("authorization") ?? "")?.[1];
    return (isLocal || isSecure || isPrivate) && shown !== undefined && isSame(shown, metricsToken);
  }
  // Whoever came through a proxy asks for a name of ours, or the proxy has left its mark.
  const isPassedOn = FORWARDED.some((name) => context.req.header(name) !== undefined);
  return isLocal && !isPassedOn && LOOPBACK_NAMES.has(hostOf(context));
}

/** In the same time, wherever they differ. */
function isSame(one: string, other: string): boolean {
  return timingSafeEqual(createHash("sha256").update(one).digest(), createHash("sha256").update(other).digest());
}

function profile(settings: WebSettings, context: Context<Env>): Response | Promise<Response> {
  const address = context.req.query("address") ?? "";
  const isOurs = address.length <= ADDRESS_OCTETS_MAX && domainOfAddress(settings, address) !== undefined;
  const uuids = { profile: uuidOf(`profile ${address}`), account: uuidOf(`account ${address}`) };
  const made = isOurs ? appleProfile(settings, address, uuids) : undefined;
  if (made === undefined) return context.notFound();
  return context.body(made, 200, {
    "content-type": APPLE_PROFILE_TYPE,
    "content-disposition": 'attachment; filename="mail.mobileconfig"',
  });
}

/** A name-based one (RFC 9562 §5.8), so that the profile of an address is always the same profile. */
function uuidOf(name: string): string {
  const octets = createHash("sha256").update(name).digest().subarray(0, 16);
  octets[6] = ((octets[6] ?? 0) & 0x0f) | 0x80;
  octets[8] = ((octets[8] ?? 0) & 0x3f) | 0x80;
  const digits = octets.toString("hex").toUpperCase();
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join(
    "-",
  );
}

/** By the address in the question, by the name of the host otherwise. */
function askedDomain(settings: WebSettings, context: Context<Env>): WebDomain | undefined {
  const address = context.req.query("emailaddress");
  return address === undefined ? hostRole(settings, hostOf(context))?.domain : domainOfAddress(settings, address);
}

function hostOf({ req }: Context<Env>): string {
  return new URL(req.url).hostname;
}

const protecting: MiddlewareHandler<Env> = async (context, next) => {
  await next();
  const { headers } = context.res;
  headers.set("x-content-type-options", "nosniff");
  headers.set("referrer-policy", "no-referrer");
  if (!headers.has("content-security-policy")) {
    headers.set("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
  }
  headers.set("cross-origin-resource-policy", "same-origin");
  if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
  // For this name alone: what else runs below it is not ours to decide.
  if (context.env.isSecure) headers.set("strict-transport-security", "max-age=31536000");
};

/** A name that is not ours came by a foreign DNS record or a mistake: no page of ours is shown under it. */
function knownHosts(settings: WebSettings): MiddlewareHandler<Env> {
  const own = new Set([settings.hostname, ...LOOPBACK_NAMES]);
  return async (context, next) => {
    const host = hostOf(context);
    if (!own.has(host) && hostRole(settings, host) === undefined) return context.text("No such host here.\n", 421);
    return next();
  };
}

/** Without TLS there are challenges, and a way to HTTPS. */
function insideTls({ httpsPort }: Pick<WebAppOptions, "httpsPort">): MiddlewareHandler<Env> {
  return async (context, next) => {
    if (context.env.isSecure || context.env.isPrivate) return next();
    if (httpsPort === undefined) return context.notFound();
    const { hostname, pathname, search } = new URL(context.req.url);
    const port = httpsPort === 443 ? "" : `:${httpsPort}`;
    return context.redirect(`https://${hostname}${port}${pathname}${search}`, 308);
  };
}
