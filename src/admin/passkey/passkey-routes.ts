/**
 * The page on which people make passkeys, and what it asks. At the host's own name and inside TLS alone: browsers bind passkeys to
 * that name, and whoever has the token in the link may make one.
 */
import { type Context, Hono } from "hono";
import type { z } from "zod";
import type { PasskeyDesk, PasskeyVisitor } from "#identity/second-factor/passkey-desk.ts";
import type { RelyingParty } from "#identity/second-factor/passkeys.ts";
import type { Result } from "#mail/result.ts";
import type { WebClient } from "../web-app.ts";
import type { AskingPace } from "./asking-pace.ts";
import { asking, making, trying } from "./browser-answer.ts";

export interface PasskeyPage {
  readonly desk: Pick<PasskeyDesk, "open" | "askToRegister" | "register" | "askToLogIn" | "logIn">;
  readonly party: RelyingParty;
  readonly pace: AskingPace;
  /** Who shares a pace: a client's address, or the network that one client has. */
  readonly sourceOf: (address: string) => string;
  readonly files: { readonly html: string; readonly css: string; readonly js: string };
}

type Env = { Bindings: WebClient };

/** Nothing of others, nothing written into the page itself, no frame around it. */
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; " +
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  "permissions-policy": "publickey-credentials-create=(self), publickey-credentials-get=(self)",
  "cross-origin-opener-policy": "same-origin",
};
const STATUS: Readonly<Record<string, 403 | 409 | 429>> = {
  "no-such-link": 403,
  "link-used": 409,
  "passkey-exists": 409,
  "must-wait": 429,
};

export function passkeyRoutes(page: PasskeyPage): Hono<Env> {
  const { desk, files, party } = page;
  const routes = new Hono<Env>();
  routes.use(async (context, next) => {
    const isHere = context.env.isSecure && new URL(context.req.url).hostname === party.id;
    return isHere ? next() : context.notFound();
  });
  const file = (path: string, text: string, type: string) =>
    routes.get(path, (context) => context.body(text, 200, { ...HEADERS, "content-type": `${type}; charset=utf-8` }));
  file("/", files.html, "text/html");
  file("/page.css", files.css, "text/css");
  file("/page.js", files.js, "text/javascript");

  const question = <Body extends z.ZodType<{ token: string }>>(
    path: string,
    body: Body,
    answer: (visitor: PasskeyVisitor, asked: z.output<Body>) => Promise<Result<unknown, string>>,
  ) =>
    routes.post(path, async (context) => {
      const { address } = context.env;
      if (!page.pace.mayAsk(page.sourceOf(address))) return refused(context, "must-wait");
      const isOurPage = party.origins.includes(context.req.header("origin") ?? "");
      const asked = isOurPage ? body.safeParse(await json(context)) : undefined;
      if (asked?.success !== true) return refused(context, "bad-question");
      const answered = await answer({ token: asked.data.token, remoteAddress: address }, asked.data);
      return answered.ok ? context.json(answered.value as object) : refused(context, answered.problem);
    });
  question("/open", asking, (visitor) => desk.open(visitor));
  question("/ask-to-make", asking, (visitor) => desk.askToRegister(visitor));
  question("/make", making, (visitor, { answer }) => desk.register(visitor, answer));
  question("/ask-to-try", asking, (visitor) => desk.askToLogIn(visitor));
  question("/try", trying, async (visitor, { answer }) => {
    const loggedIn = await desk.logIn(visitor, answer);
    return loggedIn.ok ? { ok: true, value: { name: loggedIn.value.name } } : loggedIn;
  });
  return routes;
}

function refused(context: Context<Env>, problem: string): Response {
  return context.json({ problem }, STATUS[problem] ?? 400);
}

async function json({ req }: Context<Env>): Promise<unknown> {
  if (req.header("content-type") !== "application/json") return undefined;
  try {
    return await req.json();
  } catch {
    return undefined;
  }
}
