/**
 * The XXH64 of every chunk of a state, in order. A state is cut like a vector of its length (`slicesOf`), so that all donors have the same
 * chunks. The hash of the whole is not in it: that is the journalled hash of the round before, and the coordinator says it.
 */
export type Manifest = BigUint64Array;

/** As a frame carries it: two elements a hash. One frame holds 8,000, enough for a state of 512 MB. */
export const manifestElements = (manifest: Manifest): Int32Array => new Int32Array(manifest.slice().buffer);

export const manifestOf = (elements: Int32Array): Manifest => new BigUint64Array(elements.slice(0, elements.length & ~1).buffer);

export interface Agreement {
  readonly manifest: Manifest;
  /** Donors who have sent this one, in the order in which they did. */
  readonly holders: readonly number[];
  /** Donors who have sent another one: wrong, if the whole has the journalled hash; until then nobody is blamed, for two may lie alike. */
  readonly others: readonly number[];
  readonly reason: string;
}

/**
 * The manifest to go by: that of most donors; of equally many, the one that came first. Nobody waits for a second donor: a single
 * manifest, or one of two, is only believed until the hash of the whole has decided.
 */
export function agreeOn(manifests: ReadonlyMap<number, Manifest>): Agreement | undefined {
  const groups: { manifest: Manifest; holders: number[] }[] = [];
  for (const [donor, manifest] of manifests) {
    const group = groups.find((known) => sameManifest(known.manifest, manifest));
    if (group === undefined) groups.push({ manifest, holders: [donor] });
    else group.holders.push(donor);
  }
  const [most, next] = groups.sort((a, b) => b.holders.length - a.holders.length);
  if (most === undefined) return undefined;
  const decided = most.holders.length >= 2 && most.holders.length > (next?.holders.length ?? 0);
  const others = [...manifests.keys()].filter((donor) => !most.holders.includes(donor));
  const count = `${most.holders.length} of ${manifests.size} donors that have sent a manifest`;
  const reason = decided
    ? `${count} (peers ${most.holders.join(", ")}) agree`
    : `${count} (peers ${most.holders.join(", ")}) until the hash of the whole decides`;
  return { ...most, others, reason };
}

function sameManifest(a: Manifest, b: Manifest): boolean {
  return a.length === b.length && a.every((hash, i) => hash === b[i]);
}
