import { isRecord } from '../../../base/encoding';
import type { PropertyGroup } from '../../../remote/remote';
import type { RemotePath } from '../../../remote/remotePath';
import { notThere } from './preconditions';
import type { DriveSession } from './session';

type Property = PropertyGroup['properties'][number];

/** Fields of a node that the groups show under another name, or not at all. */
const omittedFields = new Set([
  'name',
  'kind',
  'contentProperties',
  'tempLink',
  'assets',
  'createdDate',
  'modifiedDate',
  'createdBy',
  'description',
  'labels',
]);

/** The metadata of a file or folder. Throws `notFound`. */
export async function propertiesOf(
  { names, nodes }: DriveSession,
  path: RemotePath,
  signal: AbortSignal,
): Promise<readonly PropertyGroup[]> {
  const found = await nodes.find(path, signal);
  if (!found) throw notThere(path);
  const { name, kind, createdDate, modifiedDate, raw } = found.node;
  const content = isRecord(raw['contentProperties']) ? raw['contentProperties'] : {};
  const rcloneName = names.rcloneName(name ?? '');
  const groups: Readonly<Record<string, unknown>> = {
    General: {
      Path: found.path,
      Name: name,
      'Name in rclone': rcloneName === name ? undefined : rcloneName,
      Kind: kind === 'FOLDER' ? 'folder' : 'file',
      Created: createdDate,
      Changed: modifiedDate,
      'Made by': raw['createdBy'],
      Description: raw['description'],
      Labels: raw['labels'],
    },
    Content: {
      Size: content['size'] === undefined ? undefined : `${content['size']} bytes`,
      MD5: content['md5'],
      Type: content['contentType'],
      Extension: content['extension'],
      Version: content['version'],
      Date: content['contentDate'],
    },
    Image: content['image'],
    Video: content['video'],
    Document: content['document'],
    'At the service': Object.fromEntries(Object.entries(raw).filter(([field]) => !omittedFields.has(field))),
  };
  return Object.entries(groups)
    .map(([title, values]) => ({ title, properties: isRecord(values) ? propertiesIn(values) : [] }))
    .filter(({ properties }) => properties.length > 0);
}

function propertiesIn(values: Readonly<Record<string, unknown>>): Property[] {
  return Object.entries(values).flatMap(([name, value]) => property(name, value));
}

/** Nothing for a missing or empty value. */
function property(name: string, value: unknown): Property[] {
  if (value === undefined || value === null || value === '') return [];
  if (Array.isArray(value) && value.length === 0) return [];
  if (typeof value === 'string') return [{ name, value }];
  const isList = Array.isArray(value) && value.every((item) => typeof item === 'string');
  return [{ name, value: isList ? value.join(', ') : JSON.stringify(value) }];
}
