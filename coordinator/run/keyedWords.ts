import { createHmac } from "node:crypto";

const WORDS_PER_DIGEST = 8;

/** So many words of 32 bits that nobody without the secret can foresee: HMAC-SHA-256 of the label and a counter. */
export function keyedWords(secret: string, label: string, count: number): number[] {
  const digests = Array.from({ length: Math.ceil(count / WORDS_PER_DIGEST) }, (_, block) =>
    createHmac("sha256", secret).update(`${label}/${block}`).digest(),
  );
  return Array.from({ length: count }, (_, i) =>
    (digests[Math.floor(i / WORDS_PER_DIGEST)] as Buffer).readUInt32LE(4 * (i % WORDS_PER_DIGEST)),
  );
}
