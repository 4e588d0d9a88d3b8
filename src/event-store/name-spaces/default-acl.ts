import { isPlainObject } from '../../common/plain-object.js';
import { closedAclOf, type EventStore, isClosed, lastEventOf, ownedBy } from '../domain/index.js';

const SETTINGS_STREAM = '$settings';
/** Member of KurrentDB's settings: the list of streams without one of their own. */
const DEFAULT_ACL = '$userStreamAcl';

type SettingsStore = Pick<EventStore, 'appendToStream' | 'readStream'>;

/**
 * Whether every user of the store may write to streams that have no access control list, those of this service before
 * they exist included.
 */
export async function isOpenByDefault(store: SettingsStore): Promise<boolean> {
  return !isClosed((await settings(store))[DEFAULT_ACL]);
}

/** Lets administrators only use such streams: of the whole store, not of this service alone. */
export async function restrictDefaultAcl(store: SettingsStore): Promise<void> {
  const last = await lastEventOf(store, SETTINGS_STREAM);
  const data = { ...(await settings(store)), [DEFAULT_ACL]: closedAclOf(ownedBy('system')) };
  await store.appendToStream(
    SETTINGS_STREAM,
    { type: 'update-default-acl', data },
    { expectedRevision: last?.revision ?? 'no_stream' },
  );
}

async function settings(store: SettingsStore): Promise<Readonly<Record<string, unknown>>> {
  const last = await lastEventOf(store, SETTINGS_STREAM);
  return isPlainObject(last?.data) ? last.data : {};
}
