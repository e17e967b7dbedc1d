/** The page behind a link for a passkey: makes it, once, and tries it. The token in the link goes to this server alone. */

/** What the server's words mean, said to whoever has the link. */
const PROBLEMS = {
  "no-such-link": "This link is not good, or not any more. Ask for another one.",
  "link-used": "A passkey was made with this link already. Ask for another link.",
  "must-wait": "Too much was tried from your network. Come back in a while.",
  "no-challenge": "That took too long. Try again.",
  "wrong-answer": "The server does not take this answer. Try again, or ask whoever gave you the link.",
  "passkey-exists": "This passkey is known here already.",
  "no-such-passkey": "This passkey is not known here. It may have been removed.",
  "counter-went-back": "This passkey seems to be a copy, and is not taken. Tell whoever runs this server.",
};
/** What browsers say (WebAuthn §5.1). */
const BROWSER_PROBLEMS = {
  NotAllowedError: "It was cancelled, or took too long. Try again.",
  InvalidStateError: "This device has a passkey for this account already.",
  NotSupportedError: "This device cannot make such a passkey.",
  SecurityError: "The browser does not trust this page with passkeys. Is its certificate good?",
  ConstraintError: "This device has no PIN, finger or face to unlock it with. Set one up first.",
};
const UNREACHABLE = "The server cannot be reached. Try again.";

const token = location.hash.slice(1);
// It stays neither in the address bar nor in the history.
history.replaceState(null, "", location.pathname);

const element = (id) => document.getElementById(id);

/** An expected end, in words for people. */
class Told extends Error {}

function say(kind, text) {
  const status = element("status");
  status.className = kind;
  status.textContent = text;
}

async function ask(path, body = {}) {
  let response;
  try {
    response = await window.fetch(`/passkey/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token, ...body }),
    });
  } catch {
    throw new Told(UNREACHABLE);
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw new Told(PROBLEMS[answer.problem] ?? UNREACHABLE);
}

function octets(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function base64url(buffer) {
  const binary = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const withOctets = (listed) => listed.map((one) => ({ ...one, id: octets(one.id) }));

async function make() {
  const options = await ask("ask-to-make");
  const credential = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: octets(options.challenge),
      user: { ...options.user, id: octets(options.user.id) },
      excludeCredentials: withOctets(options.excludeCredentials),
    },
  });
  const { response } = credential;
  await ask("make", {
    answer: {
      ...nameOf(credential),
      response: {
        clientDataJSON: base64url(response.clientDataJSON),
        attestationObject: base64url(response.attestationObject),
        transports: response.getTransports?.() ?? [],
      },
    },
  });
  show(true);
  say("good", "The passkey is made.");
}

async function tryIt() {
  const options = await ask("ask-to-try");
  const credential = await navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: octets(options.challenge),
      allowCredentials: withOctets(options.allowCredentials),
    },
  });
  const { response } = credential;
  const { name } = await ask("try", {
    answer: {
      ...nameOf(credential),
      response: {
        clientDataJSON: base64url(response.clientDataJSON),
        authenticatorData: base64url(response.authenticatorData),
        signature: base64url(response.signature),
        ...(response.userHandle === null ? {} : { userHandle: base64url(response.userHandle) }),
      },
    },
  });
  say("good", `It works: the server knows you by “${name}”.`);
}

function nameOf({ id, type }) {
  return { id, rawId: id, type };
}

/** What there is to do. */
function show(isMade) {
  element("whose").hidden = false;
  element("making").hidden = isMade;
  element("trying").hidden = !isMade;
}

/** One thing at a time; what goes wrong is said. */
async function run(work) {
  const buttons = [...document.querySelectorAll("button")];
  for (const button of buttons) button.disabled = true;
  say("", "");
  try {
    await work();
  } catch (error) {
    const known = error instanceof Told ? error.message : BROWSER_PROBLEMS[error.name];
    say("wrong", known ?? "That did not work. Try again.");
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

async function begin() {
  if (token === "") throw new Told("This page needs the whole link, as it was given to you. Open it once more.");
  if (window.PublicKeyCredential === undefined) throw new Told("This browser cannot make passkeys.");
  const { address, name, isUsed } = await ask("open");
  element("address").textContent = address;
  element("name").textContent = name;
  show(isUsed);
}

element("make").addEventListener("click", () => void run(make));
element("try").addEventListener("click", () => void run(tryIt));
void run(begin);
