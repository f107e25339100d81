import type { Disposable, SecretStorage } from 'vscode';

/** The secrets of remotes in the editor's secret storage, one key per field: `remote/<name>/<field>`. */
export class SecretStore {
  constructor(private readonly storage: SecretStorage) {}

  async get(remote: string, field: string): Promise<string | undefined> {
    return this.storage.get(secretKey(remote, field));
  }

  /** The stored secrets among `fields`, by field. */
  async getAll(remote: string, fields: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const found: Record<string, string> = {};
    for (const field of fields) {
      const value = await this.get(remote, field);
      if (value !== undefined) found[field] = value;
    }
    return found;
  }

  /** Stores `values` and deletes each of `fields` whose value is absent or empty. */
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

  async remove(remote: string, fields: readonly string[]): Promise<void> {
    await this.replace(remote, fields, {});
  }

  /** Calls `listener` with the remote's name when one of its secrets changes, in any window. */
  onDidChange(listener: (remote: string) => void): Disposable {
    return this.storage.onDidChange(({ key }) => {
      const remote = /^remote\/([^/]*)\/[^/]+$/.exec(key)?.[1];
      if (remote !== undefined) listener(remote);
    });
  }
}

/** Unambiguous, since a remote's name has no slash. */
function secretKey(remote: string, field: string): string {
  return `remote/${remote}/${field}`;
}
