import xxhash from "xxhash-wasm";

const loading = xxhash();

/** XXH64 (seed 0) of a state, as 16 hexadecimal digits: the hash that replicas report. */
export async function stateHash(state: Uint8Array): Promise<string> {
  const { h64Raw } = await loading;
  return h64Raw(state).toString(16).padStart(16, "0");
}
