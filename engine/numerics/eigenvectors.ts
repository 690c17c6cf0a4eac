/** An eigenvalue with its eigenvector, of length 1. */
export interface Eigenpair {
  readonly value: number;
  readonly vector: readonly number[];
}

const MAX_SWEEPS = 50; // it converges quadratically: a dozen are enough for any matrix of the sizes here

/**
 * All eigenpairs of a symmetric matrix, the largest eigenvalue first, by cyclic Jacobi rotations (Golub and Van Loan, section 8.5).
 * f64 with + − × ÷ √ in a fixed order: the same bits everywhere. The largest component of each vector is positive.
 */
export function eigenpairs(symmetric: readonly (readonly number[])[]): readonly Eigenpair[] {
  const n = symmetric.length;
  const a = symmetric.map((row) => [...row]);
  const vectors = a.map((_, i) => a.map((_, j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < MAX_SWEEPS && !isDiagonal(a); sweep++) {
    for (let p = 0; p < n - 1; p++) for (let q = p + 1; q < n; q++) if (a[p][q] !== 0) rotate(a, vectors, p, q);
  }
  const pairs = a.map((row, i) => ({ value: row[i], vector: oriented(vectors.map((components) => components[i])) }));
  return pairs.sort((x, y) => y.value - x.value); // stable: equal values stay in the order of their columns
}

/** Makes a[p][q] zero: A ← JᵀAJ, V ← VJ with the rotation J of columns p and q. */
function rotate(a: number[][], vectors: number[][], p: number, q: number): void {
  const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  const turn = (row: number[]): void => {
    const [x, y] = [row[p], row[q]];
    row[p] = c * x - s * y;
    row[q] = s * x + c * y;
  };
  a.forEach(turn);
  const [rowP, rowQ] = [a[p], a[q]];
  a[p] = rowP.map((x, j) => c * x - s * rowQ[j]);
  a[q] = rowP.map((x, j) => s * x + c * rowQ[j]);
  vectors.forEach(turn);
}

/** What is left beside the diagonal is below the rounding of what stands on it. */
function isDiagonal(a: readonly (readonly number[])[]): boolean {
  let off = 0;
  let diagonal = 0;
  a.forEach((row, i) => {
    row.forEach((x, j) => {
      if (i === j) diagonal += x * x;
      else off += x * x;
    });
  });
  return off <= 1e-30 * diagonal;
}

function oriented(vector: readonly number[]): readonly number[] {
  const largest = vector.reduce((most, x) => (Math.abs(x) > Math.abs(most) ? x : most), 0);
  return largest < 0 ? vector.map((x) => -x) : vector;
}
