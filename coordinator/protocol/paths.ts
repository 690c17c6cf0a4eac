/** Every address that the coordinator serves. The join link is `/join?token=…`. */
export const paths = {
  dashboard: "/",
  join: "/join",
  /** WebSocket of a peer: MessagePack messages and frames to be relayed, told apart by their first byte (envelope.ts). */
  peer: "/peer",
  /** WebSocket of a dashboard: JSON text, read only. */
  events: "/api/events",
  run: "/api/run",
  /** `?begin=…&end=…` or `?indices=…,…`: official CIFAR-10 records (1 label byte, 3072 pixel bytes, channel by channel) of the training or test images. */
  trainRecords: "/data/train",
  testRecords: "/data/test",
} as const;

/** 1 label byte and 3 × 32 × 32 pixel bytes. */
export const RECORD_BYTES = 3073;

/** One request for records may ask for this many; more than any shard of two slots. */
export const MAX_RECORDS_PER_REQUEST = 25_000;

/** One request may name this many single records: an address has at most 2,048 characters. */
export const MAX_RECORD_INDICES = 256;
