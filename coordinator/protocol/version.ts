/** Raised by every change of meaning of a message, a frame or a file; each has a line in CHANGELOG.md. */
export const PROTOCOL_VERSION = 9;
