import * as vscode from 'vscode';
import { inertMarkdown } from './inertText';

/** A tooltip in Markdown that shows all texts literally. Only its layout is markup. */
export class Tooltip {
  readonly markdown = new vscode.MarkdownString();

  text(text: string): this {
    return this.add(inertMarkdown(text));
  }

  bold(text: string): this {
    return this.add(`**${inertMarkdown(text)}**`);
  }

  /** @param name an icon of the editor, never a text from outside */
  icon(name: string): this {
    this.markdown.supportThemeIcons = true;
    return this.add(`$(${name}) `);
  }

  newLine(): this {
    return this.add('  \n');
  }

  paragraph(): this {
    return this.add('\n\n');
  }

  private add(markup: string): this {
    this.markdown.appendMarkdown(markup);
    return this;
  }
}
