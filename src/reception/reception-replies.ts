/** What the reception answers to the questions of a session. */
import { reply } from "#mail/reply.ts";

export const WELCOME = reply(235, "2.7.0", "Authentication succeeded");
export const BAD_CREDENTIALS = reply(535, "5.7.8", "Authentication credentials invalid");
export const CANNOT_VERIFY = reply(454, "4.7.0", "Credentials cannot be checked now; try again later");
export const NAME_OK = reply(250, null, "");
export const OUR_NAME = reply(550, "5.7.1", "That is this server's own name or address; say your own in EHLO");
export const BROKEN = reply(421, "4.3.0", "Internal error; try again later");
