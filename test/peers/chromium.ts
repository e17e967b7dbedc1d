/** Debian's Chromium without a window, driven over a pipe (Chrome DevTools Protocol). Every wait is bounded. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { hold, stop } from "./process.ts";

/** For one answer of the browser, and for what a page comes to. Milliseconds. */
const PATIENCE_MS = 30_000;

type Json = Readonly<Record<string, unknown>>;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Json;
  readonly result?: Json;
  readonly error?: { readonly message: string };
}

export interface BrowserOptions {
  /** For its profile. */
  readonly folder: string;
  /** Hosts that are at 127.0.0.1. */
  readonly host: string;
  /** SHA-256 of the public key of a certificate that is believed, in base 64. */
  readonly believes: string;
}

export class Browser {
  readonly #child: ChildProcess;
  readonly #to: Writable;
  readonly #waiting = new Map<number, (message: Message) => void>();
  /** What the page's protocol told by itself. */
  readonly events: { readonly method: string; readonly params: Json }[] = [];
  #page: string | undefined;
  #last = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    const [, , , to, from] = child.stdio as unknown as readonly [null, null, null, Writable, Readable];
    this.#to = to;
    to.on("error", () => undefined);
    let unread = "";
    from.setEncoding("utf8").on("data", (text: string) => {
      const messages = `${unread}${text}`.split("\0");
      unread = messages.pop() ?? "";
      for (const message of messages) this.#hear(JSON.parse(message) as Message);
    });
  }

  /** With one page, which is empty. */
  static async open({ folder, host, believes }: BrowserOptions): Promise<Browser> {
    const words = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"];
    const about = [
      `--user-data-dir=${join(folder, "chromium")}`,
      `--host-resolver-rules=MAP ${host} 127.0.0.1, MAP * ~NOTFOUND`,
      `--ignore-certificate-errors-spki-list=${believes}`,
    ];
    const child = spawn("chromium", [...words, ...about, "--remote-debugging-pipe"], {
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    });
    const browser = new Browser(hold(child));
    const { targetId } = await browser.call("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await browser.call("Target.attachToTarget", { targetId, flatten: true });
    browser.#page = String(sessionId);
    for (const domain of ["Page", "Runtime", "Network", "Log"]) await browser.call(`${domain}.enable`);
    return browser;
  }

  async call(method: string, params: Json = {}): Promise<Json> {
    const id = ++this.#last;
    const answered = new Promise<Message>((resolve) => this.#waiting.set(id, resolve));
    const sessionId = this.#page === undefined ? {} : { sessionId: this.#page };
    this.#to.write(`${JSON.stringify({ id, method, params, ...sessionId })}\0`);
    const late = new AbortController();
    const answer = await Promise.race([answered, sleep(PATIENCE_MS, undefined, { signal: late.signal })]);
    late.abort();
    if (answer?.result === undefined) throw new Error(`${method}: ${answer?.error?.message ?? "no answer"}`);
    return answer.result;
  }

  /** What an expression in the page comes to; as if a person had clicked. */
  async evaluate(expression: string): Promise<unknown> {
    const how = { expression, awaitPromise: true, returnByValue: true, userGesture: true };
    const { result, exceptionDetails } = await this.call("Runtime.evaluate", how);
    if (exceptionDetails !== undefined) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
    return (result as { readonly value?: unknown }).value;
  }

  /** Until an expression in the page comes to something that is true. */
  async until(expression: string): Promise<unknown> {
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(50)) {
      const value = await this.evaluate(expression).catch(() => undefined);
      if (value !== undefined && value !== false && value !== "") return value;
    }
    throw new Error(
      `${expression} did not come true; the page says: ${String(await this.evaluate("document.body.innerText"))}`,
    );
  }

  close(): Promise<void> {
    return stop(this.#child);
  }

  #hear({ id, method, params = {}, ...rest }: Message): void {
    if (id !== undefined) {
      this.#waiting.get(id)?.({ id, ...rest });
      this.#waiting.delete(id);
    } else if (method !== undefined) this.events.push({ method, params });
  }
}
