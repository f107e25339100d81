import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from './projectRoot';

interface Packer {
  packExtension(options: { file: string; production?: boolean; keepBuild?: boolean }): Promise<{
    file: string;
    folder: string;
  }>;
}

/**
 * The .vsix to test: the one named by CLOUD_REMOTES_VSIX (a runner packs once for all its specs), else packed from the
 * sources as they are now. Throws with the build's output when they don't build.
 */
export async function packedExtension(): Promise<string> {
  const given = process.env['CLOUD_REMOTES_VSIX'];
  if (given !== undefined) {
    if (!existsSync(given)) throw new Error(`CLOUD_REMOTES_VSIX names ${given}, which does not exist`);
    return given;
  }
  const { packExtension } = await packer();
  const file = path.join(projectRoot, 'out', `extension-${process.pid}.vsix`);
  process.once('exit', () => rmSync(file, { force: true }));
  return (await packExtension({ file })).file;
}

/** Builds the extension into a folder of its own and returns that folder, for tests inside the extension host. */
export async function unpackedExtension(): Promise<string> {
  const { packExtension } = await packer();
  const file = path.join(projectRoot, 'out', `extension-${process.pid}.vsix`);
  const { folder } = await packExtension({ file, keepBuild: true });
  process.once('exit', () => {
    rmSync(file, { force: true });
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** The packer is plain JavaScript, since it also runs before anything is installed. */
async function packer(): Promise<Packer> {
  const file = path.join(projectRoot, 'test/tools/packExtension.mjs');
  return (await import(pathToFileURL(file).href)) as Packer;
}
