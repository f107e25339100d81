import { withoutSecrets } from '../../base/maskedText';
import { formatAddress } from '../../remote/remoteAddress';
import type { Place } from './plan';

/** A place as people read it. */
export function formatPlace(place: Place): string {
  if (place.kind === 'remote') return formatAddress(place);
  return place.kind === 'folder' ? place.path : withoutSecrets(place.uri);
}
