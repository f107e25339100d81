import { isRecord } from '../../../base/encoding';
import type { PropertyGroup } from '../../../remote/remote';
import type { RemotePath } from '../../../remote/remotePath';
import type { DriveNode } from '../api/driveNode';
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
  const { node } = found;
  const content = isRecord(node.raw['contentProperties']) ? node.raw['contentProperties'] : {};
  const groups: readonly PropertyGroup[] = [
    { title: 'General', properties: general(node, found.path, names.rcloneName(node.name ?? '')) },
    {
      title: 'Content',
      properties: [
        ...property('Size', content['size'] === undefined ? undefined : `${content['size']} bytes`),
        ...property('MD5', content['md5']),
        ...property('Type', content['contentType']),
        ...property('Extension', content['extension']),
        ...property('Version', content['version']),
        ...property('Date', content['contentDate']),
      ],
    },
    ...['Image', 'Video', 'Document'].map((title) => {
      const values = content[title.toLowerCase()];
      return { title, properties: isRecord(values) ? all(values) : [] };
    }),
    {
      title: 'At the service',
      properties: all(
        Object.fromEntries(Object.entries(node.raw).filter(([name]) => !omittedFields.has(name))),
      ),
    },
  ];
  return groups.filter(({ properties }) => properties.length > 0);
}

function general(node: DriveNode, path: RemotePath, rcloneName: string): Property[] {
  const { name, kind, createdDate, modifiedDate, raw } = node;
  return [
    ...property('Path', path),
    ...property('Name', name),
    ...property('Name in rclone', rcloneName === name ? undefined : rcloneName),
    ...property('Kind', kind === 'FOLDER' ? 'folder' : 'file'),
    ...property('Created', createdDate),
    ...property('Changed', modifiedDate),
    ...property('Made by', raw['createdBy']),
    ...property('Description', raw['description']),
    ...property('Labels', raw['labels']),
  ];
}

function all(values: Readonly<Record<string, unknown>>): Property[] {
  return Object.entries(values).flatMap(([name, value]) => property(name, value));
}

/** Nothing for a missing or empty value. */
function property(name: string, value: unknown): Property[] {
  if (value === undefined || value === null || value === '') return [];
  if (Array.isArray(value) && value.length === 0) return [];
  const text =
    typeof value === 'string'
      ? value
      : Array.isArray(value) && value.every((item) => typeof item === 'string')
        ? value.join(', ')
        : JSON.stringify(value);
  return [{ name, value: text }];
}
