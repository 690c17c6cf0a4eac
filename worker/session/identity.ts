/** 128 random bits, as 32 hexadecimal digits: a peer says them whenever it joins, so that it is known again. */
export const randomIdentity = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
