import type { App } from '../../app';
import { treeRoot } from '../../usecases/configuredRemotes';
import type { RemoteNode, TreeNode } from './treeNode';

/** The topmost rows of the tree: one for each remote of the settings, usable or not. */
export class RemoteRows {
  /** The remotes that the editor was handed as rows, as JSON; undefined while the view was never shown. */
  private drawn: string | undefined;

  /** `known` holds the rows that are there, by id; `keep` adds one. */
  constructor(
    private readonly app: App,
    private readonly known: ReadonlyMap<string, TreeNode>,
    private readonly keep: (node: RemoteNode) => RemoteNode,
  ) {}

  /** The rows for the editor to draw. */
  draw(): RemoteNode[] {
    this.drawn = this.text();
    return this.all();
  }

  /** Whether the rows that are drawn are not those of the settings any more. False while none are drawn. */
  get differ(): boolean {
    return this.drawn !== undefined && this.drawn !== this.text();
  }

  all(): RemoteNode[] {
    return this.app.remotes().map((configured, index) => {
      // Names may stand twice in the settings; the second is a row with its problem, and needs an id of its own.
      const id = `${configured.settings.name}:${configured.problems.length > 0 ? `#${index}` : ''}`;
      const known = this.known.get(id);
      if (
        known?.kind === 'remote' &&
        JSON.stringify(known.configured.settings) === JSON.stringify(configured.settings)
      )
        return known;
      return this.keep({ kind: 'remote', id, configured, address: treeRoot(configured) });
    });
  }

  private text(): string {
    return JSON.stringify(this.app.remotes().map(({ settings, problems }) => [settings, problems]));
  }
}
