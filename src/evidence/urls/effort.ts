/**
 * What reading the links of one message has cost, counted in plain host names. Octets alone do not bound it: a host of three
 * characters may have to be decoded, normalised and looked up in tables, and a message can hold a hundred thousand.
 */
import { EFFORT_MAX } from "./limits.ts";

export class Effort {
  #left = EFFORT_MAX;
  #refused = 0;

  /** False: it has been enough, and this is left out. */
  allows(units: number): boolean {
    if (this.#left < units) {
      this.#refused++;
      return false;
    }
    this.#left -= units;
    return true;
  }

  get spent(): number {
    return EFFORT_MAX - this.#left;
  }

  /** How often something was left out. */
  get refused(): number {
    return this.#refused;
  }
}
