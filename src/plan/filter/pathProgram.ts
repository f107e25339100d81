import {
  type Assertion,
  anyChar,
  anything,
  type CharSet,
  type PathPattern,
  PatternProblem,
  type TextPattern,
} from './pathPattern';

/** A pattern and the number of the rules that it belongs to: of several that match, the lowest number counts. */
export interface NumberedPattern {
  readonly pattern: PathPattern;
  readonly number: number;
}

/** Steps that one pattern may become: what is larger was made to be large. */
const maxSteps = 20_000;

export const Op = { Char: 0, Split: 1, Assert: 2, Match: 3, MatchRest: 4 } as const;

/**
 * Patterns as the steps of one nondeterministic automaton. A step is a number; what stands at it: `ops`, and as its operands for
 * `Char` the set in `x` and the next step in `y`, for `Split` the two next steps, for `Assert` the assertion in `x` and the next step
 * in `y`. `Match` needs the end of the text, `MatchRest` doesn't. `numbers` holds the lowest number that is reached from the step.
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
      // All that may begin behind a slash shares one way there.
      const body = this.emitTrie(floating);
      const number = this.numbers[body] as number;
      const again = this.step(Op.Split, 0, 0, number);
      this.x[again] = this.emit(anyChar, again, number);
      this.y[again] = this.step(Op.Char, this.idOf(slash), body, number);
      starts.push(body, again);
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

  /** A step that leads to all of these; -1 when there are none. */
  private split(steps: readonly number[]): number {
    let result = steps.at(-1) ?? -1;
    for (let i = steps.length - 2; i >= 0; i--) {
      const other = steps[i] as number;
      const number = Math.min(this.numbers[other] as number, this.numbers[result] as number);
      result = this.step(Op.Split, other, result, number);
    }
    return result;
  }

  /** Children before parents, since a step must know where it leads. No recursion: a pattern may be thousands of signs long. */
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
    const known = this.setIds.get(set.key);
    if (known !== undefined) return known;
    this.setIds.set(set.key, this.sets.length);
    return this.sets.push(set) - 1;
  }

  /** The first step of the pattern when `next` comes behind it. */
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
      return ways.length > 0 ? this.split(ways) : this.never(number);
    }
    const { repeated, min, max } = pattern;
    let after = next;
    if (max === Number.POSITIVE_INFINITY) {
      const again = this.step(Op.Split, 0, next, number);
      this.x[again] = this.emit(repeated, again, number);
      after = again;
    } else
      for (let i = min; i < max; i++)
        after = this.step(Op.Split, this.emit(repeated, after, number), next, number);
    for (let i = 0; i < min; i++) after = this.emit(repeated, after, number);
    return after;
  }

  private never(number: number): number {
    return this.step(Op.Char, this.idOf(nothing), 0, number);
  }
}

const slash: CharSet = { key: '=/', has: (codePoint) => codePoint === 0x2f };
const nothing: CharSet = { key: 'none', has: () => false };

/** Throws PatternProblem when the pattern would become too many steps. Pure. */
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

/** Patterns by their beginnings: what many of them begin with is walked through once. */
class Trie {
  readonly root: TrieNode = { children: new Map() };

  get isEmpty(): boolean {
    const { children, matches, matchesRest } = this.root;
    return children.size === 0 && matches === undefined && matchesRest === undefined;
  }

  add(parts: readonly TextPattern[], number: number): void {
    // What may be followed by anything needs no looking for the end.
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
