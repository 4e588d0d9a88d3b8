/** Streams whose name starts with `$` belong to the system; `$$x` holds the metadata of `x`. */
const SYSTEM_PREFIX = '$';
const METADATA_PREFIX = '$$';

export const isSystemStream = (name: string): boolean => name.startsWith(SYSTEM_PREFIX);

export const isMetadataStream = (name: string): boolean => name.startsWith(METADATA_PREFIX);

export const metadataStreamOf = (name: string): string => METADATA_PREFIX + name;

/** The stream that a metadata stream describes. Only for names that {@link isMetadataStream} accepts. */
export const originalStreamOf = (metadataStream: string): string => metadataStream.slice(METADATA_PREFIX.length);

/** An empty name, and a metadata stream of the empty name, are refused by every call. */
export const isValidStreamName = (name: string): boolean => name !== '' && name !== METADATA_PREFIX;
