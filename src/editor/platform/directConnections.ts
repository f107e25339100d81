import * as vscode from 'vscode';

const settingNames = ['cloudRemotes.directConnections', 'http.proxy', 'http.proxySupport'];

/**
 * Whether requests may use connections of our own. A proxy in the editor's settings may have been set for a reason that no response shows, so
 * with one every request is the editor's. `read`: the name of a setting → value or undefined. Pure.
 */
export function allowsDirect(read: (name: string) => unknown): boolean {
  const proxy = read('http.proxy');
  const hasProxy = typeof proxy === 'string' && proxy !== '' && read('http.proxySupport') !== 'off';
  return !hasProxy && read('cloudRemotes.directConnections') !== false;
}

/** `allowsDirect` for the settings as they are now, cheap enough for every request. */
export function directConnections(context: vscode.ExtensionContext): () => boolean {
  let allowed: boolean | undefined;
  context.subscriptions.push(
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (settingNames.some((name) => event.affectsConfiguration(name))) allowed = undefined;
    }),
  );
  return () => {
    allowed ??= allowsDirect((name) => vscode.workspace.getConfiguration().get(name));
    return allowed;
  };
}
