/** The official binary version of CIFAR-10: https://www.cs.toronto.edu/~kriz/cifar.html */

/** Records in each of the six files. */
export const RECORDS_PER_FILE = 10_000;

export const TRAIN_FILES = ["data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"] as const;

export const TEST_FILE = "test_batch.bin";

/** The names of the ten classes, one a line. */
export const CLASS_NAMES_FILE = "batches.meta.txt";

export const CLASSES = 10;

/** The folder that the official archive unpacks to. */
export const ARCHIVE_FOLDER = "cifar-10-batches-bin";

/** What is downloaded when no CIFAR-10 is found. */
export interface Archive {
  readonly name: string;
  readonly bytes: number;
  /** Hexadecimal; the only checksum that the publisher gives. */
  readonly md5: string;
}

export const OFFICIAL_ARCHIVE: Archive = {
  name: "cifar-10-binary.tar.gz",
  bytes: 170_052_171,
  md5: "c32a1d4ab5d03f1284b67883e8d87530",
};

export const OFFICIAL_SITE = "https://www.cs.toronto.edu/~kriz/";
