/** Who is told how it goes with next hops that ask for a login: a wrong password there is ours to repair, not the senders'. */
export interface NextHopWatch {
  loginRefused(refusal: LoginRefusal): void;
  /** @param hop as in `LoginRefusal`. */
  loginWorks(hop: string): void;
}

export interface LoginRefusal {
  /** `relay.example.net:587` */
  readonly hop: string;
  /** Undefined: the settings have none. */
  readonly username: string | undefined;
  /** What the next hop said, or why it did not come to that. */
  readonly said: string;
}
