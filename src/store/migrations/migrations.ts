/**
 * The steps from an empty database to today's, in order: the first makes version 1. A step that has been released is
 * never changed; what it got wrong, a later one puts right.
 */
import { first } from "./0001-first.ts";
import { decisions } from "./0002-decisions.ts";
import { greylist } from "./0003-greylist.ts";
import { dkimKeys } from "./0004-dkim-keys.ts";
import { keptBack } from "./0005-kept-back.ts";
import { queue } from "./0006-queue.ts";
import { forwarding } from "./0007-forwarding.ts";
import { scram } from "./0008-scram.ts";
import { pair } from "./0009-pair.ts";
import { sending } from "./0010-sending.ts";
import { reports } from "./0011-reports.ts";
import { secondFactor } from "./0012-second-factor.ts";
import { passkeys } from "./0013-passkeys.ts";
import { disabled } from "./0014-disabled.ts";

export const migrations: readonly string[] = [
  first,
  decisions,
  greylist,
  dkimKeys,
  keptBack,
  queue,
  forwarding,
  scram,
  pair,
  sending,
  reports,
  secondFactor,
  passkeys,
  disabled,
];
