import type { ProxyState } from './state.ts';
import { text } from './xml.ts';

/** Puts the storage classes that the proxy keeps into a ListObjects, ListObjectsV2 or ListObjectVersions answer. */
export function withStorageClasses(xml: string, bucket: string, state: ProxyState): string {
  const isEncoded = text(xml, 'EncodingType') === 'url';
  return xml.replace(/<(Contents|Version)>[^]*?<\/\1>/g, (entry, element: string) => {
    const key = text(entry, 'Key') ?? '';
    const decoded = isEncoded ? decodeURIComponent(key.replaceAll('+', ' ')) : key;
    const version = state.version(bucket, decoded, element === 'Version' ? text(entry, 'VersionId') : null);
    if (!version) return entry;
    return entry.replace(/<StorageClass>[^<]*/, `<StorageClass>${version.storageClass}`);
  });
}
