import assert from "node:assert/strict";
import test from "node:test";
import type { Command, ListRequest } from "./command.ts";
import { LIST_PATTERNS_MAX } from "./limits.ts";
import { parseCommand } from "./parse-command.ts";

const NONE: ListRequest = {
  reference: "",
  patterns: [],
  extended: false,
  selection: { subscribed: false, remote: false, recursiveMatch: false, specialUse: false },
  returns: { subscribed: false, children: false, specialUse: false, status: null },
};

function check(input: string, expected: Partial<ListRequest> | Command | "BAD"): void {
  const parsed = parseCommand(`tag ${input}`, { utf8: false });
  const actual = parsed.ok ? parsed.command : parsed.problem.status;
  assert.deepEqual(
    actual,
    expected === "BAD" || "name" in expected ? expected : { name: "LIST", ...NONE, ...expected },
    input,
  );
}

test("LIST as in RFC 3501 §6.3.8", () => {
  check('LIST "" ""', { patterns: [""] });
  check("LIST #news.comp.mail.misc %*", { reference: "#news.comp.mail.misc", patterns: ["%*"] });
  check("LIST /usr/staff/jones {1}\r\n*", { reference: "/usr/staff/jones", patterns: ["*"] });
  check('LIST "" inbox', { patterns: ["INBOX"] });
  for (const input of ["LIST", 'LIST ""', 'LIST "" ', 'LIST "" "" x', 'LIST "" "" RETURN', 'LIST "" () '])
    check(input, "BAD");
});

test("a pattern that no name can be written as matches nothing", () => {
  check(`LIST "" !#$&'+,-.0123456789:;<=>?@^_\`|[}%*`, { patterns: [] });
  check("LIST a&b *", { patterns: [] });
  check('LIST "" p&AOQ-%', { patterns: ["pä%"] });
});

test("the examples of RFC 5258 §5", () => {
  const { selection, returns } = NONE;
  const extended = { extended: true } as const;
  check('LIST (SUBSCRIBED) "" "*"', { ...extended, patterns: ["*"], selection: { ...selection, subscribed: true } });
  check('LIST () "" "%" RETURN (CHILDREN)', { ...extended, patterns: ["%"], returns: { ...returns, children: true } });
  check('LIST (REMOTE) "" "%" RETURN (CHILDREN)', {
    ...extended,
    patterns: ["%"],
    selection: { ...selection, remote: true },
    returns: { ...returns, children: true },
  });
  check('LIST (REMOTE SUBSCRIBED) "" "*"', {
    ...extended,
    patterns: ["*"],
    selection: { ...selection, remote: true, subscribed: true },
  });
  check('LIST "" ("INBOX" "Drafts" "Sent/%")', { ...extended, patterns: ["INBOX", "Drafts", "Sent/%"] });
  check('LIST (SUBSCRIBED RECURSIVEMATCH) "" "foo" RETURN (SUBSCRIBED)', {
    ...extended,
    patterns: ["foo"],
    selection: { ...selection, subscribed: true, recursiveMatch: true },
    returns: { ...returns, subscribed: true },
  });
});

test("SPECIAL-USE and STATUS (RFC 6154 §5.2, RFC 5819 §2)", () => {
  check('LIST (SPECIAL-USE) "" "*" RETURN (SPECIAL-USE)', {
    extended: true,
    patterns: ["*"],
    selection: { ...NONE.selection, specialUse: true },
    returns: { ...NONE.returns, specialUse: true },
  });
  check('LIST "" % RETURN (STATUS (MESSAGES UNSEEN) CHILDREN)', {
    extended: true,
    patterns: ["%"],
    returns: { ...NONE.returns, children: true, status: ["MESSAGES", "UNSEEN"] },
  });
  check('LIST "" % RETURN ()', { extended: true, patterns: ["%"] });
});

test("options that are not known, or not alone, are errors (RFC 5258 §3)", () => {
  check('LIST (FROB) "" ""', "BAD");
  check('LIST (RECURSIVEMATCH) "" ""', "BAD");
  check('LIST (RECURSIVEMATCH REMOTE) "" ""', "BAD");
  check('LIST "" "" RETURN (FROB)', "BAD");
  check('LIST "" "" RETURN (STATUS)', "BAD");
});

test("the patterns are few: each is held against every folder", () => {
  const patterns = Array.from({ length: LIST_PATTERNS_MAX }, () => "a");
  check(`LIST "" (${patterns.join(" ")})`, { extended: true, patterns });
  check(`LIST "" (${patterns.join(" ")} a)`, "BAD");
});

test("LSUB (RFC 3501 §6.3.9)", () => {
  check('LSUB "#news." "comp.mail.*"', { name: "LSUB", reference: "#news.", patterns: ["comp.mail.*"] });
  check('LSUB "" (a b)', "BAD");
});
