/**
 * Values by network, found by longest prefix: a binary tree that branches only where networks differ, kept in typed arrays.
 * A look-up visits the networks that hold the address, widest first, and a few branches in between; nothing is allocated.
 */
import type { IpAddress, Words } from "../network/ip-address.ts";
import { bitsOf, maskedWords, type Prefix } from "../network/prefix.ts";

const NONE = -1;
/** Each value of the first 16 bits has a tree of its own: 256 KiB of roots, and half of the steps saved. */
const ROOT_BITS = 16;
/** The root of the tree of wider networks. */
const WIDE_ROOT = 1 << ROOT_BITS;
const ROOT_LINKS = WIDE_ROOT + 1;
/** Nodes there is room for at first; doubled when they are used up. */
const NODES_AT_FIRST = 1024;

export class PrefixTable<Value> {
  readonly #trees = { 4: new Forest<Value>(1), 6: new Forest<Value>(4) };

  /** Networks that have a value. */
  get size(): number {
    return this.#trees[4].size + this.#trees[6].size;
  }

  /** Nodes of the trees, branches and freed ones included: what its memory grows with. */
  get nodes(): number {
    return this.#trees[4].nodes + this.#trees[6].nodes;
  }

  get(prefix: Prefix): Value | undefined {
    return this.#trees[prefix.family].get(prefix);
  }

  set(prefix: Prefix, value: Value): void {
    this.#trees[prefix.family].set(prefix, value);
  }

  delete(prefix: Prefix): void {
    this.#trees[prefix.family].delete(prefix);
  }

  /** Calls `visit` with the value of each network that holds the address, widest first. */
  visitHolding({ family, words }: IpAddress, visit: (value: Value) => void): void {
    this.#trees[family].visitHolding(words, bitsOf(family), visit);
  }

  /** Values of the network itself and of all inside it. */
  within(prefix: Prefix): readonly Value[] {
    return this.#trees[prefix.family].within(prefix);
  }
}

/**
 * One family's trees: one for each value of the first 16 bits, so that a look-up begins far down, and one for the few
 * networks that are wider than that. A link is a place where the number of a node stands: first the roots, then two
 * children a node.
 */
class Forest<Value> {
  readonly #wordsPerKey: number;
  #keys: Uint32Array;
  #lengths: Uint8Array;
  #links: Int32Array;
  #values: (Value | undefined)[] = [];
  #nodes = 0;
  /** Nodes given up, to be used again. */
  #free: number[] = [];
  size = 0;

  constructor(wordsPerKey: number) {
    this.#wordsPerKey = wordsPerKey;
    this.#keys = new Uint32Array(NODES_AT_FIRST * wordsPerKey);
    this.#lengths = new Uint8Array(NODES_AT_FIRST);
    this.#links = new Int32Array(ROOT_LINKS + NODES_AT_FIRST * 2).fill(NONE);
  }

  get nodes(): number {
    return this.#nodes;
  }

  get(prefix: Prefix): Value | undefined {
    const link = this.#path(prefix).at(-1);
    return link === undefined ? undefined : this.#values[this.#nodeAt(link)];
  }

  visitHolding(words: Words, bits: number, visit: (value: Value) => void): void {
    this.#visitTree(WIDE_ROOT, words, bits, visit);
    this.#visitTree(words[0] >>> (32 - ROOT_BITS), words, bits, visit);
  }

  #visitTree(root: number, words: Words, bits: number, visit: (value: Value) => void): void {
    for (let node = this.#nodeAt(root); node !== NONE; ) {
      const length = this.#lengths[node] ?? 0;
      if (this.#common(node, words) < length) return;
      const value = this.#values[node];
      if (value !== undefined) visit(value);
      if (length === bits) return;
      node = this.#nodeAt(childLink(node, bitAt(words, length)));
    }
  }

  within(prefix: Prefix): readonly Value[] {
    if (prefix.length >= ROOT_BITS) return this.#valuesBelow(this.#linkOf(prefix), prefix);
    const found = this.#valuesBelow(WIDE_ROOT, prefix);
    const firstRoot = prefix.words[0] >>> (32 - ROOT_BITS);
    const roots = 1 << (ROOT_BITS - prefix.length);
    for (let root = firstRoot; root < firstRoot + roots; root++) {
      if (this.#nodeAt(root) !== NONE) found.push(...this.#valuesBelow(root, prefix));
    }
    return found;
  }

  #valuesBelow(root: number, prefix: Prefix): Value[] {
    let node = this.#nodeAt(root);
    while (node !== NONE && (this.#lengths[node] ?? 0) < prefix.length) {
      if (this.#common(node, prefix.words) < (this.#lengths[node] ?? 0)) return [];
      node = this.#nodeAt(childLink(node, bitAt(prefix.words, this.#lengths[node] ?? 0)));
    }
    if (node === NONE || this.#common(node, prefix.words) < prefix.length) return [];
    const found: Value[] = [];
    const ahead = [node];
    for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
      const value = this.#values[next];
      if (value !== undefined) found.push(value);
      for (const child of [this.#nodeAt(childLink(next, 1)), this.#nodeAt(childLink(next, 0))]) {
        if (child !== NONE) ahead.push(child);
      }
    }
    return found;
  }

  set(prefix: Prefix, value: Value): void {
    let link = this.#linkOf(prefix);
    for (let node = this.#nodeAt(link); node !== NONE; node = this.#nodeAt(link)) {
      const length = this.#lengths[node] ?? 0;
      const common = Math.min(this.#common(node, prefix.words), prefix.length);
      if (common < length) return this.#part(link, common, prefix, value);
      if (length === prefix.length) return this.#putValue(node, value);
      link = childLink(node, bitAt(prefix.words, length));
    }
    this.#put(link, this.#make(prefix, value));
  }

  /** The node at `link` and the new prefix agree in `common` bits and part there: a node comes between. */
  #part(link: number, common: number, prefix: Prefix, value: Value): void {
    const below = this.#nodeAt(link);
    const isSelf = common === prefix.length;
    const branch = { ...prefix, words: maskedWords(prefix.words, common), length: common };
    const middle = this.#make(branch, isSelf ? value : undefined);
    this.#put(link, middle);
    this.#put(childLink(middle, this.#bitOf(below, common)), below);
    if (!isSelf) this.#put(childLink(middle, bitAt(prefix.words, common)), this.#make(prefix, value));
  }

  delete(prefix: Prefix): void {
    const path = this.#path(prefix);
    const node = this.#nodeAt(path.at(-1) ?? WIDE_ROOT);
    if (path.length === 0 || this.#values[node] === undefined) return;
    this.#values[node] = undefined;
    this.size--;
    // This node may be of no more use, and then the branch above it.
    for (let link = path.pop(); link !== undefined && this.#dropIfUseless(link); link = path.pop());
  }

  #dropIfUseless(link: number): boolean {
    const node = this.#nodeAt(link);
    const [zero, one] = [this.#nodeAt(childLink(node, 0)), this.#nodeAt(childLink(node, 1))];
    if (this.#values[node] !== undefined || (zero !== NONE && one !== NONE)) return false;
    this.#put(link, zero === NONE ? one : zero);
    this.#links.fill(NONE, childLink(node, 0), childLink(node, 1) + 1);
    this.#free.push(node);
    return true;
  }

  #putValue(node: number, value: Value): void {
    if (this.#values[node] === undefined) this.size++;
    this.#values[node] = value;
  }

  /** Links from the root to the node of that prefix; empty when there is none. */
  #path(prefix: Prefix): number[] {
    const path: number[] = [];
    for (let link = this.#linkOf(prefix); ; ) {
      const node = this.#nodeAt(link);
      const length = node === NONE ? Number.POSITIVE_INFINITY : (this.#lengths[node] ?? 0);
      if (length > prefix.length || this.#common(node, prefix.words) < length) return [];
      path.push(link);
      if (length === prefix.length) return path;
      link = childLink(node, bitAt(prefix.words, length));
    }
  }

  /** The root under which a prefix stands. */
  #linkOf({ words, length }: Prefix): number {
    return length < ROOT_BITS ? WIDE_ROOT : words[0] >>> (32 - ROOT_BITS);
  }

  /** First bits in which a node's key and `words` agree; may be more than the node's length. */
  #common(node: number, words: Words): number {
    const at = node * this.#wordsPerKey;
    for (let word = 0; word < this.#wordsPerKey; word++) {
      const difference = (this.#keys[at + word] ?? 0) ^ (words[word] ?? 0);
      if (difference !== 0) return word * 32 + Math.clz32(difference);
    }
    return this.#wordsPerKey * 32;
  }

  #nodeAt(link: number): number {
    return this.#links[link] ?? NONE;
  }

  #put(link: number, node: number): void {
    this.#links[link] = node;
  }

  #bitOf(node: number, index: number): 0 | 1 {
    const word = this.#keys[node * this.#wordsPerKey + (index >> 5)] ?? 0;
    return ((word >>> (31 - (index & 31))) & 1) as 0 | 1;
  }

  #make({ words, length }: Prefix, value: Value | undefined): number {
    const node = this.#free.pop() ?? this.#nodes++;
    if (node >= this.#lengths.length) this.#grow();
    for (let word = 0; word < this.#wordsPerKey; word++) this.#keys[node * this.#wordsPerKey + word] = words[word] ?? 0;
    this.#lengths[node] = length;
    this.#values[node] = value;
    if (value !== undefined) this.size++;
    return node;
  }

  #grow(): void {
    const nodes = this.#lengths.length * 2;
    const keys = new Uint32Array(nodes * this.#wordsPerKey);
    keys.set(this.#keys);
    this.#keys = keys;
    const lengths = new Uint8Array(nodes);
    lengths.set(this.#lengths);
    this.#lengths = lengths;
    const links = new Int32Array(ROOT_LINKS + nodes * 2).fill(NONE);
    links.set(this.#links);
    this.#links = links;
  }
}

/** Where the child of a node stands whose next bit is `bit`. */
function childLink(node: number, bit: 0 | 1): number {
  return ROOT_LINKS + node * 2 + bit;
}

function bitAt(words: Words, index: number): 0 | 1 {
  return (((words[index >> 5] ?? 0) >>> (31 - (index & 31))) & 1) as 0 | 1;
}
