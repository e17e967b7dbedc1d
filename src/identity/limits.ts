/** argon2id costs of a password that a person chose: 19 MiB, two passes (OWASP's recommendation; about 10 ms a core). */
export const PASSWORD_HASH = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 } as const;
/**
 * Costs of a password that `generatePassword` made: nobody tries out 2^100, so stretching would buy nothing, and an
 * account with twenty devices would cost twenty hashes a login. In KiB and passes.
 */
export const GENERATED_PASSWORD_HASH = { memoryCost: 64, timeCost: 1, parallelism: 1, outputLen: 32 } as const;
/** Octets of salt (RFC 9106 §3.1). */
export const SALT_OCTETS = 16;

/** Octets of UTF-8: NIST SP 800-63B §3.1.1.2 counts eight characters; those beyond ASCII come from a larger alphabet. */
export const PASSWORD_OCTETS_MIN = 8;
export const PASSWORD_CHARACTERS_MIN = 6;
/** Octets of UTF-8; longer ones are refused unread. NIST asks for 64 characters at least. */
export const PASSWORD_OCTETS_MAX = 1024;
/** Characters of a login name: a local-part of 64, an at sign, a domain of 255 (RFC 5321 §4.5.3.1). */
export const USERNAME_CHARACTERS_MAX = 320;

/** Hashes that run at once in one thread: half of libuv's four pool threads, which also serve the disk and DNS. */
export const HASHES_AT_ONCE_MAX = 2;
/** Of those, for logins from networks their account has not used. */
export const STRANGERS_HASHES_AT_ONCE_MAX = 1;
/**
 * Logins that wait for a hash, strangers and others apart: about 8 s of work. Strangers, whose line moves slower, are more
 * than a thread's part of `connections_not_logged_in`: that they wait is what holds them up. Sent away they would be back
 * at once, and each time cost a handshake.
 */
export const HASHES_WAITING_MAX = 512;
/** Strangers who wait, from which on their line rests between two hashes: more than ever come by chance. */
export const STRANGERS_REST_FROM = 8;
/**
 * Such a rest, in durations of the hash before it. A flood then has a quarter of a core of each thread that serves clients,
 * and mail keeps the rest. Measured: without it mail that comes in fell to the half.
 */
export const STRANGERS_REST_HASHES = 3;
/** The longest rest: a hash that took long because the machine was busy does not shut strangers out. Milliseconds. */
export const STRANGERS_REST_MS_MAX = 1000;
/** Of those, from one client address: one client cannot fill the line for the others. */
export const HASHES_WAITING_PER_ADDRESS_MAX = 256;

/** How long a password that was found right is taken again without a hash. Milliseconds. */
export const VERIFIED_TTL_MS = 5 * 60_000;
/** Such passwords remembered at once; about 200 octets each. */
export const VERIFIED_MAX = 10_000;

/** App passwords of one account: each may cost a (small) hash at a login. */
export const APP_PASSWORDS_PER_ACCOUNT_MAX = 32;
/** Characters of an app password's label. */
export const LABEL_CHARACTERS_MAX = 100;

/** Aliases that may stand behind one another. */
export const ALIAS_DEPTH_MAX = 10;
/** Targets one alias may have. */
export const ALIAS_TARGETS_MAX = 100;
/** Addresses looked at for one recipient; beyond it the alias is refused for now rather than cut short. */
export const ADDRESSES_PER_RESOLUTION_MAX = 1000;
/** Answers remembered, unknown addresses included. */
export const RESOLUTIONS_MAX = 10_000;
/** How old a remembered answer may be: the octets an account uses move without an event. Milliseconds. */
export const RESOLUTION_TTL_MS = 10_000;

/**
 * Rounds of PBKDF2 behind SCRAM keys. RFC 7677 §4 asks for 4,096 at least; Cyrus SASL (mbsync, mutt) refuses to log in with more
 * than 65,536.
 */
export const SCRAM_ITERATIONS = 60_000;
/** Passwords whose keys are made at the same time, behind logins that have their answer; others wait for their next login. */
export const SCRAM_KEYS_LEARNT_AT_ONCE_MAX = 2;
/** Keys of passwords that an account had until lately, tried beside its own: two changes with a device or two. */
export const FORMER_KEYS_PER_NAME = 4;
/** Accounts whose former keys one thread remembers; about 1 KiB each. */
export const FORMER_KEYS_ACCOUNTS_MAX = 10_000;
/** How long a password that was changed is no offence. Milliseconds. */
export const FORMER_PASSWORD_EXCUSED_MS = 24 * 60 * 60_000;
/** How long it is known again, without SCRAM logins of the account: then it counts once a day, not each time. Milliseconds. */
export const FORMER_PASSWORD_REMEMBERED_MS = 7 * 24 * 60 * 60_000;

/** Passwords sent in clear that are looked at one after the other; more are not looked at. */
export const CLEAR_CHECKS_WAITING_MAX = 8;
/** Such checks for one address in `CLEAR_CHECKS_WINDOW_MS`: a forgotten device repeats one password, or three. */
export const CLEAR_CHECKS_PER_ADDRESS_MAX = 5;
/** Milliseconds. */
export const CLEAR_CHECKS_WINDOW_MS = 60 * 60_000;
/** Addresses and passwords remembered for that. */
export const CLEAR_CHECKS_REMEMBERED_MAX = 2000;

/** Between two notes of the use of one password from one address. Milliseconds. */
export const USE_NOTED_AGAIN_MS = 10 * 60_000;
/** Uses that are gathered for one write. Milliseconds. */
export const USES_GATHERED_MS = 1000;
/** Uses that wait for the store; more are not noted until the next login. */
export const USES_WAITING_MAX = 5000;
/** An administrator hears so often, at most, that an account is at its limit. Milliseconds. */
export const LIMITED_TOLD_AGAIN_MS = 60 * 60_000;
/** Accounts for which that is remembered. */
export const LIMITED_ACCOUNTS_MAX = 1000;

/** Octets of a TOTP secret: as many as the hash has (RFC 4226 §4, R6), and 32 characters of base 32 without a rest. */
export const TOTP_SECRET_OCTETS = 20;
/** Codes for who has lost the authenticator; one costs a small hash to look for. */
export const RECOVERY_CODES = 10;

/** How long a browser has to answer with a passkey. Milliseconds: WebAuthn §15.1 says five minutes. */
export const PASSKEY_CHALLENGE_MS = 5 * 60_000;
/** How long a link for a passkey is good: it is made while somebody waits for it. Milliseconds. */
export const PASSKEY_LINK_MS = 15 * 60_000;
/** Characters of base 64 in the name of a credential: 1,023 octets (WebAuthn §7.1, step 25). */
export const PASSKEY_ID_CHARACTERS_MAX = 1364;
