import {
  type Assertion,
  anyChar,
  anything,
  type CharSet,
  type PathPattern,
  PatternProblem,
  type TextPattern,
} from './pathPattern';

/** A pattern with its number. Of several matching patterns, the lowest number wins. */
export interface NumberedPattern {
  readonly pattern: PathPattern;
  readonly number: number;
}

/** The maximum number of steps of one pattern. No reasonable pattern needs more. */
const maxSteps = 20_000;

export const Op = { Char: 0, Split: 1, Assert: 2, Match: 3, MatchRest: 4 } as const;

/**
 * Patterns as one nondeterministic automaton. Step `i` has the operation `ops[i]` and the operands `x[i]` and `y[i]`:
 *
 * | operation | x         | y         |
 * |-----------|-----------|-----------|
 * | Char      | set       | next step |
 * | Split     | next step | next step |
 * | Assert    | assertion | next step |
 * | Match     | –         | –         | at the end of the path
 * | MatchRest | –         | –         | whatever follows
 *
 * `numbers[i]` is the lowest pattern number that step `i` can reach.
 */
export class PathProgram {
  readonly ops: number[] = [];
  readonly x: number[] = [];
  readonly y: number[] = [];
  readonly numbers: number[] = [];
  readonly sets: CharSet[] = [];
  readonly assertions: Assertion[] = [];
  readonly start: number;
  private readonly setIds = new Map<string, number>();

  constructor(patterns: readonly NumberedPattern[]) {
    const anchored = new Trie();
    const floating = new Trie();
    for (const { pattern, number } of patterns)
      (pattern.anchored ? anchored : floating).add(pattern.parts, number);
    const starts: number[] = [];
    if (!anchored.isEmpty) starts.push(this.emitTrie(anchored));
    if (!floating.isEmpty) {
      // All patterns that may start after a slash share one loop to the next slash.
      const body = this.emitTrie(floating);
      const number = this.numbers[body] as number;
      const loop = this.step(Op.Split, 0, 0, number);
      this.x[loop] = this.emit(anyChar, loop, number);
      this.y[loop] = this.step(Op.Char, this.idOf(slash), body, number);
      starts.push(body, loop);
    }
    this.start = this.split(starts);
  }

  private step(op: number, x: number, y: number, number: number): number {
    this.ops.push(op);
    this.x.push(x);
    this.y.push(y);
    this.numbers.push(number);
    return this.ops.length - 1;
  }

  /** A step that leads to all of `steps`, or -1 without steps. */
  private split(steps: readonly number[]): number {
    let result = steps.at(-1) ?? -1;
    for (let i = steps.length - 2; i >= 0; i--) {
      const other = steps[i] as number;
      const number = Math.min(this.numbers[other] as number, this.numbers[result] as number);
      result = this.step(Op.Split, other, result, number);
    }
    return result;
  }

  /** Emits children before parents, because a step needs its next step. Not recursive, because a pattern may have thousands of characters. */
  private emitTrie(trie: Trie): number {
    const open: TrieNode[] = [trie.root];
    const order: TrieNode[] = [];
    for (let node = open.pop(); node; node = open.pop()) {
      order.push(node);
      open.push(...node.children.values());
    }
    const entries = new Map<TrieNode, number>();
    for (const node of order.reverse()) {
      const ways = [...node.children.values()].map((child) => entries.get(child) as number);
      if (node.matches !== undefined) ways.push(this.step(Op.Match, 0, 0, node.matches));
      if (node.matchesRest !== undefined) ways.push(this.step(Op.MatchRest, 0, 0, node.matchesRest));
      const next = this.split(ways);
      entries.set(node, node.part ? this.emit(node.part, next, this.numbers[next] as number) : next);
    }
    return entries.get(trie.root) as number;
  }

  private idOf(set: CharSet): number {
    const cached = this.setIds.get(set.key);
    if (cached !== undefined) return cached;
    this.setIds.set(set.key, this.sets.length);
    return this.sets.push(set) - 1;
  }

  /** The first step of the pattern when `next` follows it. */
  private emit(pattern: TextPattern, next: number, number: number): number {
    if ('one' in pattern) return this.step(Op.Char, this.idOf(pattern.one), next, number);
    if ('at' in pattern) {
      const at = this.assertions.push(pattern.at) - 1;
      return this.step(Op.Assert, at, next, number);
    }
    if ('all' in pattern)
      return pattern.all.reduceRight((after, part) => this.emit(part, after, number), next);
    if ('any' in pattern) {
      const ways = pattern.any.map((way) => this.emit(way, next, number));
      return ways.length > 0 ? this.split(ways) : this.step(Op.Char, this.idOf(nothing), 0, number);
    }
    const { repeated, min, max } = pattern;
    let after = next;
    if (max === Number.POSITIVE_INFINITY) {
      const loop = this.step(Op.Split, 0, next, number);
      this.x[loop] = this.emit(repeated, loop, number);
      after = loop;
    } else
      for (let i = min; i < max; i++)
        after = this.step(Op.Split, this.emit(repeated, after, number), next, number);
    for (let i = 0; i < min; i++) after = this.emit(repeated, after, number);
    return after;
  }
}

const slash: CharSet = { key: '=/', has: (codePoint) => codePoint === 0x2f };
const nothing: CharSet = { key: 'none', has: () => false };

/** Throws PatternProblem for a pattern with too many steps. */
export function checkSize({ parts }: PathPattern): void {
  let steps = 0;
  for (const part of parts) {
    steps += stepsOf(part);
    if (steps > maxSteps) throw new PatternProblem('is too large');
  }
}

function stepsOf(pattern: TextPattern): number {
  if ('all' in pattern) return pattern.all.reduce((sum, part) => sum + stepsOf(part), 0);
  if ('any' in pattern) return pattern.any.reduce((sum, way) => sum + 1 + stepsOf(way), 0);
  if (!('repeated' in pattern)) return 1;
  const { repeated, min, max } = pattern;
  return (stepsOf(repeated) + 1) * Math.max(1, max === Number.POSITIVE_INFINITY ? min + 1 : max);
}

interface TrieNode {
  readonly part?: TextPattern;
  readonly children: Map<string | TextPattern, TrieNode>;
  matches?: number;
  matchesRest?: number;
}

/** Patterns by prefix, so that a common prefix is matched once. */
class Trie {
  readonly root: TrieNode = { children: new Map() };

  get isEmpty(): boolean {
    const { children, matches, matchesRest } = this.root;
    return children.size === 0 && matches === undefined && matchesRest === undefined;
  }

  add(parts: readonly TextPattern[], number: number): void {
    // A pattern that may be followed by anything matches before the end of the path.
    const open = parts.at(-1) === anything;
    let node = this.root;
    for (const part of open ? parts.slice(0, -1) : parts) {
      const key = 'one' in part ? part.one.key : part;
      let child = node.children.get(key);
      if (!child) {
        child = { part, children: new Map() };
        node.children.set(key, child);
      }
      node = child;
    }
    if (open) node.matchesRest = Math.min(node.matchesRest ?? number, number);
    else node.matches = Math.min(node.matches ?? number, number);
  }
}
