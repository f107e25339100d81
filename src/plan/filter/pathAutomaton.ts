import type { Assertion } from './pathPattern';
import { type NumberedPattern, Op, PathProgram } from './pathProgram';

/** Numbers that one automaton may cache. Beyond them it drops the cache and starts over. */
const maxCachedNumbers = 1 << 20;

/** The result for a path that no pattern matches. */
const noMatch = -1;
/** In the table: this transition was not computed yet. Any other negative number is a result, see `encodeResult`. */
const unknown = -1;
/** Of a state's result at the end of the path: not computed yet. */
const notComputed = -2;

/** The table entry for a result that no further character can change. Its own inverse. */
function encodeResult(result: number): number {
  return -3 - result;
}

/** The kind of character on one side of a position between two characters. */
const Neighbour = { Edge: 0, LineEnd: 1, Word: 2, Other: 3 } as const;
type Neighbour = (typeof Neighbour)[keyof typeof Neighbour];

interface State {
  /** The possible steps in the program: those that need a character, an assertion or the end. Sorted. */
  readonly steps: Int32Array;
  /** The character before this position; always `Edge` where the program has no assertions. */
  readonly before: Neighbour;
}

/**
 * A lazily built deterministic automaton that finds which of many patterns match a path, in one pass and without backtracking. The work is
 * at most the length of the path times the length of the patterns, and usually one table lookup per character.
 */
export class PathAutomaton {
  private tables: Tables | undefined;

  /** Of several patterns that match a path, the lowest number is the result. */
  constructor(private readonly patterns: readonly NumberedPattern[]) {}

  /** Whether any pattern matches. */
  test(path: string): boolean {
    return this.lowestMatch(path) !== noMatch;
  }

  /** The lowest number of a pattern that matches, or -1. */
  lowestMatch(path: string): number {
    this.tables ??= new Tables(new PathProgram(this.patterns));
    return this.tables.run(path);
  }

  /** Work so far: characters read, and steps of the patterns considered for them. */
  get work(): number {
    return this.tables?.work ?? 0;
  }
}

class Tables {
  work = 0;
  private readonly hasAssertions: boolean;
  private readonly ascii = new Int32Array(128);
  private readonly others = new Map<number, number>();
  private readonly classIds = new Map<string, number>();
  /** For each class of characters: the sets that contain it. */
  private readonly members: Uint8Array[] = [];
  private readonly neighbours: Neighbour[] = [];
  private readonly startState: State;
  /** For each step: the round of `closure` that visited it last. */
  private readonly seen: Uint32Array;
  private round = 0;
  private readonly stack: number[] = [];

  // The cache, which `reset` clears.
  private states: State[] = [];
  private startRow = 0;
  private ends: number[] = [];
  private statesByHash = new Map<number, number[]>();
  private stride = 0;
  private table = new Int32Array(0);
  private cachedNumbers = 0;

  constructor(private readonly program: PathProgram) {
    this.hasAssertions = program.assertions.length > 0;
    this.seen = new Uint32Array(program.ops.length);
    for (let code = 0; code < 128; code++) this.ascii[code] = this.classify(code);
    const start = program.start < 0 ? [] : this.closure([program.start], undefined);
    this.startState = this.stateOf(start, Neighbour.Edge);
    this.reset();
  }

  run(path: string): number {
    const { ascii } = this;
    let { table } = this;
    const { length } = path;
    // A state is identified by the start of its row in the table.
    let row = this.startRow;
    let at = 0;
    while (row >= 0 && at < length) {
      const code = path.charCodeAt(at++);
      let kind: number;
      if (code < 128) kind = ascii[code] as number;
      else {
        const whole = path.codePointAt(at - 1) as number;
        if (whole > 0xffff) at++;
        const cached = this.others.get(whole);
        if (cached === undefined) {
          const { stride } = this;
          kind = this.classify(whole);
          this.others.set(whole, kind);
          row = (row / stride) * this.stride;
          table = this.table;
        } else kind = cached;
      }
      const next = table[row + kind] as number;
      if (next !== unknown) row = next;
      else {
        row = this.follow(row, kind);
        table = this.table;
      }
    }
    this.work += at;
    return row < 0 ? encodeResult(row) : this.endOf(row / this.stride);
  }

  /** The class of all characters that belong to the same sets as this one. */
  private classify(codePoint: number): number {
    const { sets } = this.program;
    const members = new Uint8Array(sets.length);
    const within: number[] = [];
    for (let i = 0; i < sets.length; i++)
      if (sets[i]?.has(codePoint)) {
        members[i] = 1;
        within.push(i);
      }
    const neighbour = this.hasAssertions ? neighbourOf(codePoint) : Neighbour.Edge;
    const key = `${neighbour}:${within.join()}`;
    const cached = this.classIds.get(key);
    if (cached !== undefined) return cached;
    const id = this.members.push(members) - 1;
    this.neighbours.push(neighbour);
    this.classIds.set(key, id);
    if (id >= this.stride && this.states.length > 0) this.widen();
    return id;
  }

  /** Widens the rows for more classes. */
  private widen(): void {
    const { stride, table, states } = this;
    this.stride *= 2;
    const wider = new Int32Array((table.length / stride) * this.stride).fill(unknown);
    for (let i = 0; i < states.length * stride; i++) {
      const next = table[i] as number;
      const place = Math.floor(i / stride) * this.stride + (i % stride);
      wider[place] = next < 0 ? next : (next / stride) * this.stride;
    }
    this.table = wider;
    this.cachedNumbers += states.length * stride;
  }

  /** Clears the cached states. The start state has number 0. */
  private reset(): void {
    this.states.length = 0;
    this.ends.length = 0;
    this.statesByHash.clear();
    this.stride = 8;
    while (this.stride < this.members.length + 4) this.stride *= 2;
    this.table = new Int32Array(16 * this.stride).fill(unknown);
    this.cachedNumbers = 0;
    this.startRow = this.rowOf(this.startState);
  }

  /** The transition from the state at `row` with a character of this class: another row, or an encoded result. */
  private follow(row: number, kind: number): number {
    const { ops, x, y } = this.program;
    const { steps, before } = this.states[row / this.stride] as State;
    const members = this.members[kind] as Uint8Array;
    const neighbour = this.neighbours[kind] as Neighbour;
    const reachable = this.hasAssertions ? this.closure(steps, { before, after: neighbour }) : steps;
    const reached: number[] = [];
    for (let i = 0; i < reachable.length; i++) {
      const step = reachable[i] as number;
      if (ops[step] === Op.Char) {
        if (members[x[step] as number] === 1) reached.push(y[step] as number);
      } else if (ops[step] === Op.MatchRest) reached.push(step);
    }
    this.work += reachable.length;
    const state = this.stateOf(this.closure(reached, undefined), neighbour);
    if (this.cachedNumbers > maxCachedNumbers) {
      this.reset();
      return this.rowOf(state);
    }
    const next = this.rowOf(state);
    this.table[row + kind] = next;
    return next;
  }

  private endOf(state: number): number {
    const cached = this.ends[state] as number;
    if (cached !== notComputed) return cached;
    const { ops, numbers } = this.program;
    const { steps, before } = this.states[state] as State;
    const reachable = this.hasAssertions ? this.closure(steps, { before, after: Neighbour.Edge }) : steps;
    let best = Number.POSITIVE_INFINITY;
    for (const step of reachable)
      if (ops[step] === Op.Match || ops[step] === Op.MatchRest)
        best = Math.min(best, numbers[step] as number);
    this.work += reachable.length;
    const result = best === Number.POSITIVE_INFINITY ? noMatch : best;
    this.ends[state] = result;
    return result;
  }

  /** The steps that `from` leads to without a character. Assertions stay unresolved while the next character is unknown (`place` is undefined). */
  private closure(
    from: ArrayLike<number>,
    place: { readonly before: Neighbour; readonly after: Neighbour } | undefined,
  ): number[] {
    const { ops, x, y, assertions } = this.program;
    const { seen, stack } = this;
    const round = ++this.round;
    const found: number[] = [];
    for (let i = from.length - 1; i >= 0; i--) stack.push(from[i] as number);
    for (let step = stack.pop(); step !== undefined; step = stack.pop()) {
      if (seen[step] === round) continue;
      seen[step] = round;
      this.work++;
      const op = ops[step];
      if (op === Op.Split) stack.push(y[step] as number, x[step] as number);
      else if (op === Op.Assert && place) {
        const assertion = assertions[x[step] as number] as Assertion;
        if (holds[assertion](place.before, place.after)) stack.push(y[step] as number);
      } else found.push(step);
    }
    return found;
  }

  /** Drops steps that can only reach a higher number than one that matches whatever follows. */
  private stateOf(found: readonly number[], before: Neighbour): State {
    const { ops, numbers } = this.program;
    let certain = Number.POSITIVE_INFINITY;
    for (const step of found)
      if (ops[step] === Op.MatchRest) certain = Math.min(certain, numbers[step] as number);
    const steps = Int32Array.from(
      certain === Number.POSITIVE_INFINITY
        ? found
        : found.filter((step) => {
            const number = numbers[step] as number;
            return number < certain || (number === certain && ops[step] === Op.MatchRest);
          }),
    ).sort();
    return { steps, before: this.hasAssertions ? before : Neighbour.Edge };
  }

  /** The start of the state's row; a negative encoded result when no further character can change it. */
  private rowOf(state: State): number {
    const { states, program } = this;
    const { steps, before } = state;
    const [first] = steps;
    if (first === undefined) return encodeResult(noMatch);
    if (steps.every((step) => program.ops[step] === Op.MatchRest))
      return encodeResult(program.numbers[first] as number);
    let hash: number = before;
    for (let i = 0; i < steps.length; i++) hash = (Math.imul(hash, 31) + (steps[i] as number)) | 0;
    const sameHash = this.statesByHash.get(hash);
    for (const number of sameHash ?? [])
      if (isSame(states[number] as State, state)) return number * this.stride;
    const number = states.push(state) - 1;
    if (sameHash) sameHash.push(number);
    else this.statesByHash.set(hash, [number]);
    this.ends.push(notComputed);
    if (states.length * this.stride > this.table.length) {
      const longer = new Int32Array(this.table.length * 2).fill(unknown);
      longer.set(this.table);
      this.table = longer;
    }
    this.cachedNumbers += steps.length + this.stride + 8;
    return number * this.stride;
  }
}

function isSame(a: State, b: State): boolean {
  if (a.before !== b.before || a.steps.length !== b.steps.length) return false;
  for (let i = 0; i < a.steps.length; i++) if (a.steps[i] !== b.steps[i]) return false;
  return true;
}

function neighbourOf(codePoint: number): Neighbour {
  if (codePoint === 0x0a) return Neighbour.LineEnd;
  return /\w/.test(String.fromCodePoint(codePoint)) ? Neighbour.Word : Neighbour.Other;
}

const isLineEdge = (neighbour: Neighbour) => neighbour === Neighbour.Edge || neighbour === Neighbour.LineEnd;

/** Whether an assertion holds between two characters. */
const holds: Readonly<Record<Assertion, (before: Neighbour, after: Neighbour) => boolean>> = {
  textStart: (before) => before === Neighbour.Edge,
  textEnd: (_, after) => after === Neighbour.Edge,
  lineStart: isLineEdge,
  lineEnd: (_, after) => isLineEdge(after),
  wordEdge: (before, after) => (before === Neighbour.Word) !== (after === Neighbour.Word),
  noWordEdge: (before, after) => (before === Neighbour.Word) === (after === Neighbour.Word),
};
