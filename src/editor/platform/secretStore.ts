import type { Disposable, SecretStorage } from 'vscode';

/** The secrets of remotes in the editor's secret storage, one key a field: `remote/<name>/<field>`. */
export class SecretStore {
  constructor(private readonly storage: SecretStorage) {}

  async get(remote: string, field: string): Promise<string | undefined> {
    return this.storage.get(secretKey(remote, field));
  }

  /** The secrets that are there, by field. */
  async getAll(remote: string, fields: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const found: Record<string, string> = {};
    for (const field of fields) {
      const value = await this.get(remote, field);
      if (value !== undefined) found[field] = value;
    }
    return found;
  }

  /** Makes the secrets of `remote` exactly `values`: what isn't named (or is empty) among `fields` is deleted. */
  async replace(
    remote: string,
    fields: readonly string[],
    values: Readonly<Record<string, string>>,
  ): Promise<void> {
    for (const field of fields) {
      const value = values[field];
      if (value) await this.storage.store(secretKey(remote, field), value);
      else if ((await this.get(remote, field)) !== undefined)
        await this.storage.delete(secretKey(remote, field));
    }
  }

  async copy(from: string, to: string, fields: readonly string[]): Promise<void> {
    await this.replace(to, fields, await this.getAll(from, fields));
  }

  async remove(remote: string, fields: readonly string[]): Promise<void> {
    await this.replace(remote, fields, {});
  }

  /** Calls `listener` with the remote's name when one of its secrets was changed, in this window or another. */
  onDidChange(listener: (remote: string) => void): Disposable {
    return this.storage.onDidChange(({ key }) => {
      const remote = /^remote\/([^/]*)\/[^/]+$/.exec(key)?.[1];
      if (remote !== undefined) listener(remote);
    });
  }
}

/** Names of remotes hold no slash, so the key is unambiguous. */
function secretKey(remote: string, field: string): string {
  return `remote/${remote}/${field}`;
}
