import type { Precondition } from '../../../remote/remote';

/**
 * Our overwrites that the service stored corrupted, by node. A retry may overwrite them, although their version differs from the
 * precondition: otherwise the corrupted content would count as a change by someone else.
 */
export class CorruptOverwrites {
  private readonly byNode = new Map<
    string,
    { readonly expected: string | undefined; readonly now: string }
  >();

  /** `before` and `now` are the versions of the content. */
  record(id: string, before: string | undefined, now: string): void {
    const earlier = this.byNode.get(id);
    this.byNode.set(id, { expected: earlier?.now === before ? earlier?.expected : before, now });
  }

  /** `precondition`, with the version of the corrupted content where that replaced the version it names. */
  adapt(precondition: Precondition): Precondition {
    if (precondition.kind !== 'ifMatch') return precondition;
    const { entry } = precondition;
    for (const { expected, now } of this.byNode.values())
      if (expected !== undefined && expected === entry.version)
        return { kind: 'ifMatch', entry: { ...entry, version: now } };
    return precondition;
  }

  forget(id: string): void {
    this.byNode.delete(id);
  }
}
