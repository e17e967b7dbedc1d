import { test } from "node:test";
import { known } from "../facts/asked.ts";
import { type Change, check, FAILED, withService } from "../facts/changed.test-data.ts";
import { serviceOf } from "../facts/facts.test-data.ts";
import type { ServiceFacts } from "../facts/services.ts";

const submission = (more: Partial<ServiceFacts>): Change =>
  withService(serviceOf("192.0.2.1", "smtp", "submission", 587, more));
test("AUTH announced in clear fails", () =>
  check("auth-in-clear", "fail", submission({ inClear: known(["STARTTLS", "AUTH PLAIN"]) })));
test("AUTH taken in clear without a word fails", () =>
  check("auth-in-clear", "fail", submission({ clearLogin: known("334 VXNlcm5hbWU6") })));
test("passwords on port 25 are a warning", () =>
  check(
    "auth-on-mx",
    "warn",
    withService(serviceOf("192.0.2.1", "smtp", "mx", 25, { insideTls: known(["AUTH PLAIN"]) })),
  ));
test("a submission port without a way in is a warning", () =>
  check("submission-auth", "warn", submission({ insideTls: known([]) })));
test("what could not be asked is not known", () =>
  check("submission-auth", "unknown", submission({ insideTls: FAILED })));
test("no SMTP port, no submission port", () => {
  check("smtp-auth", "unknown", () => ({ services: [] }));
  check("submission", "unknown", withService(serviceOf("192.0.2.1", "smtp", "mx", 25)));
});
