import type { PropertyGroup } from '../../../remote/remote';
import type { RemotePath } from '../../../remote/remotePath';
import { isRecord } from '../api/driveErrors';
import type { DriveNode } from '../api/driveNode';
import { type DriveContext, notThere } from './preconditions';

type Property = PropertyGroup['properties'][number];

/** What of a node stands in the groups by another name, or is of no interest. */
const shownElsewhere = new Set([
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

/** Everything the service tells about one thing. */
export async function propertiesOf(
  { ids }: DriveContext,
  path: RemotePath,
  signal: AbortSignal,
): Promise<readonly PropertyGroup[]> {
  const found = await ids.find(path, signal);
  if (!found) throw notThere(path);
  const { node } = found;
  const content = isRecord(node.raw['contentProperties']) ? node.raw['contentProperties'] : {};
  const groups: readonly PropertyGroup[] = [
    { title: 'General', properties: general(node, found.path, ids.names.rcloneName(node.name ?? '')) },
    {
      title: 'Content',
      properties: [
        ...known('Size', content['size'] === undefined ? undefined : `${content['size']} bytes`),
        ...known('MD5', content['md5']),
        ...known('Type', content['contentType']),
        ...known('Extension', content['extension']),
        ...known('Version', content['version']),
        ...known('Date', content['contentDate']),
      ],
    },
    ...['image', 'video', 'document'].map((kind) => ({
      title: kind.charAt(0).toUpperCase() + kind.slice(1),
      properties: isRecord(content[kind]) ? all(content[kind]) : [],
    })),
    {
      title: 'At the service',
      properties: all(
        Object.fromEntries(Object.entries(node.raw).filter(([name]) => !shownElsewhere.has(name))),
      ),
    },
  ];
  return groups.filter(({ properties }) => properties.length > 0);
}

function general(node: DriveNode, path: RemotePath, rcloneName: string): Property[] {
  const { name, kind, createdDate, modifiedDate, raw } = node;
  return [
    ...known('Path', path),
    ...known('Name', name),
    // Control signs and the like look different there.
    ...known('Name in rclone', rcloneName === name ? undefined : rcloneName),
    ...known('Kind', kind === 'FOLDER' ? 'folder' : 'file'),
    ...known('Created', createdDate),
    ...known('Changed', modifiedDate),
    ...known('Made by', raw['createdBy']),
    ...known('Description', raw['description']),
    ...known('Labels', raw['labels']),
  ];
}

function all(values: Readonly<Record<string, unknown>>): Property[] {
  return Object.entries(values).flatMap(([name, value]) => known(name, value));
}

/** A property with a value; none for what is missing or empty. */
function known(name: string, value: unknown): Property[] {
  if (value === undefined || value === null || value === '') return [];
  if (Array.isArray(value) && value.length === 0) return [];
  const text =
    typeof value === 'string'
      ? value
      : Array.isArray(value) && value.every((one) => typeof one === 'string')
        ? value.join(', ')
        : JSON.stringify(value);
  return [{ name, value: text }];
}
