/** RFC 6455, section 5.5: a control frame has at most 125 bytes, of which the code takes 2. */
const MAX_REASON_BYTES = 123;

/** As much of a sentence as the closing frame of a WebSocket takes, in whole characters: `ws` throws when there is more. */
export function closeReason(sentence: string): string {
  let [kept, bytes] = ["", 0];
  for (const character of sentence) {
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_REASON_BYTES) break;
    kept += character;
  }
  return kept;
}
