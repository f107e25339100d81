import { formatAddress, type RemoteAddress } from '../../remote/remoteAddress';
import { parentPath } from '../../remote/remotePath';

/** Milliseconds between the question for a file and the making of its folder, at most. */
const waysTakeMs = 5000;

/** Answers that are remembered at most; searches ask for thousands of files. */
const mostAnswers = 1000;

/** What was answered of one path. */
interface Answered {
  readonly turn: number;
  /** Whether the question came right on the answer that something in this folder is absent. */
  readonly onTheWayUp: boolean;
}

/**
 * Tells the folders that somebody wants from those that only come along with a file.
 *
 * The editor makes what is missing above a file through the same door as a folder that an extension asks for, and hands no
 * reason over. Its order gives it away. It asks from below for the folder, the one above it, and so on; then it makes them from
 * above. Where it writes a file for the window, the first question is for the file itself. For an extension in this process it
 * begins at the file's folder, and then writes the file in the very turn in which that folder is made, which no other caller can.
 */
export class ImplicitParents {
  private readonly answered = new Map<string, Answered>();
  /** Folders in which something was found absent last, and when. */
  private readonly lacking = new Map<string, { readonly turn: number; readonly at: number }>();
  private readonly made = new Map<string, { readonly turn: number; readonly stored: boolean }>();

  constructor(
    private readonly now: () => number = Date.now,
    /** The same number for as long as nothing from outside can have come in between. */
    private readonly turn: () => number = turns(),
  ) {}

  /** Somebody asks what is at `address`; the answer is to be told to the function returned. */
  recordStat(address: RemoteAddress): (absent: boolean) => void {
    const key = formatAddress(address);
    const onTheWayUp = this.lacking.get(key)?.turn === this.turn();
    return (absent) => {
      const turn = this.turn();
      keep(this.answered, key, { turn, onTheWayUp });
      if (absent) keep(this.lacking, folderOf(address), { turn, at: this.now() });
    };
  }

  /** Whether `folder`, which is to be made now, is only on the way to something in it. */
  isImplicit(folder: RemoteAddress): boolean {
    const [key, above, turn] = [formatAddress(folder), folderOf(folder), this.turn()];
    if (this.answered.get(above)?.turn === turn || this.made.get(above)?.turn === turn)
      return this.answered.get(key)?.onTheWayUp ?? false;
    const lacking = this.lacking.get(key);
    return lacking !== undefined && this.now() - lacking.at <= waysTakeMs;
  }

  /** `folder` is made, and whoever wanted it goes on. `stored`: others see it as well. */
  recordCreated(folder: RemoteAddress, stored: boolean): void {
    keep(this.made, formatAddress(folder), { turn: this.turn(), stored });
    this.lacking.delete(formatAddress(folder));
  }

  /** Whether the folder of `file`, which is to be written now, was stored just for it. */
  hasMarkerFor(file: RemoteAddress): boolean {
    const made = this.made.get(folderOf(file));
    return (made?.stored ?? false) && made?.turn === this.turn();
  }
}

function folderOf(address: RemoteAddress): string {
  return formatAddress({ ...address, path: parentPath(address.path) });
}

/** Sets an entry as the newest, and drops the oldest where there are too many. */
function keep<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= mostAnswers) return;
    map.delete(oldest);
  }
}

/** Counts turns of the event loop, as far as somebody looks. */
function turns(): () => number {
  let turn = 0;
  let counting = false;
  return () => {
    if (!counting) {
      counting = true;
      setImmediate(() => {
        counting = false;
        turn++;
      });
    }
    return turn;
  };
}
