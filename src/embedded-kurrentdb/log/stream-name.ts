const SYSTEM_PREFIX = '$';
const METADATA_PREFIX = '$$';

export const isSystemStream = (name: string): boolean => name.startsWith(SYSTEM_PREFIX);

export const isMetadataStream = (name: string): boolean => name.startsWith(METADATA_PREFIX);

export const metadataStreamOf = (name: string): string => METADATA_PREFIX + name;

/** The stream whose metadata is in `$$stream`. Only for names that satisfy {@link isMetadataStream}. */
export const originalStreamOf = (metadataStream: string): string => metadataStream.slice(METADATA_PREFIX.length);

/** Every call rejects the empty name and the metadata stream of the empty name. */
export const isValidStreamName = (name: string): boolean => name !== '' && name !== METADATA_PREFIX;
