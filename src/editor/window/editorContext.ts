import type { App } from '../../app';
import type { CheckedSettings } from '../platform/checkedSettings';
import type { RemoteChangeEvents } from '../platform/remoteChangeEvents';
import type { OutputLog } from './outputLog';

/** The dependencies that nearly every room of the editor needs. */
export interface EditorContext {
  readonly app: App;
  readonly settings: () => CheckedSettings;
  readonly changes: RemoteChangeEvents;
  readonly output: OutputLog;
}
