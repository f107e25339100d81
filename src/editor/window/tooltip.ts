import * as vscode from 'vscode';
import { inertMarkdown } from './inertText';

/** A tooltip in Markdown that shows all texts literally. Only its layout is markup. */
export class Tooltip {
  readonly markdown = new vscode.MarkdownString();

  text(text: string): this {
    this.markdown.appendMarkdown(inertMarkdown(text));
    return this;
  }

  bold(text: string): this {
    this.markdown.appendMarkdown(`**${inertMarkdown(text)}**`);
    return this;
  }

  /** @param name an icon of the editor, never a text from outside */
  icon(name: string): this {
    this.markdown.supportThemeIcons = true;
    this.markdown.appendMarkdown(`$(${name}) `);
    return this;
  }

  newLine(): this {
    this.markdown.appendMarkdown('  \n');
    return this;
  }

  paragraph(): this {
    this.markdown.appendMarkdown('\n\n');
    return this;
  }
}
