import * as vscode from 'vscode';
import { inertMarkdown } from './inertText';

/** A tooltip in Markdown whose texts are shown as they are, whatever names are in them. Only its layout is markup. */
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

  /** @param name one of the editor's icons, a constant of ours */
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
