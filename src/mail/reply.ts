/** Enhanced status code, `class.subject.detail` (RFC 3463 §2). */
export type EnhancedStatus = `${2 | 4 | 5}.${number}.${number}`;

/** An SMTP reply (RFC 5321 §4.2). Several lines of text are joined by `\n`. */
export interface Reply {
  readonly code: number;
  readonly status: EnhancedStatus | null;
  readonly text: string;
}

export function reply(code: number, status: EnhancedStatus | null, text: string): Reply {
  return { code, status, text };
}

/** A reply that says yes (2yz) or "go on" (3yz). */
export function isPositive({ code }: Reply): boolean {
  return code < 400;
}
