/** A line that can't be read: a sentence that names the part and the remedy. */
export interface LineProblem {
  readonly problem: string;
  /** The command that helps, where typing something else doesn't. */
  readonly next?: 'addRemote' | 'importRclone';
}

export function isProblem(value: object): value is LineProblem {
  return 'problem' in value;
}

/** Ends the reading of a line. Never leaves this folder: `orProblem` returns it as a problem. */
export class LineError extends Error {
  constructor(
    problem: string,
    readonly next?: LineProblem['next'],
  ) {
    super(problem);
  }
}

/** The result of `read`, or the problem that ended it. */
export function orProblem<T>(read: () => T): T | LineProblem {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof LineError)) throw error;
    return { problem: error.message, ...(error.next && { next: error.next }) };
  }
}
