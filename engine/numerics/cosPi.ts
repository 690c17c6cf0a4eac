/** cos(π t) in f64 by IEEE basic operations only; t is reduced exactly, so cosPi(1) = −1 and cosPi(½) = 0. */
export function cosPi(t: number): number {
  const period = Math.abs(t) % 2; // in [0, 2), exact
  const half = period > 1 ? 2 - period : period; // cos is even around π
  if (half > 0.75) return -cosineSeries(1 - half);
  if (half > 0.25) return sineSeries(0.5 - half);
  return cosineSeries(half);
}

/** cos(π t) for |t| ≤ ¼; the first term left out is below 1e-19. */
function cosineSeries(t: number): number {
  const square = Math.PI * t * (Math.PI * t);
  let sum = 1;
  for (let n = 18; n >= 2; n -= 2) sum = 1 - (square / (n * (n - 1))) * sum;
  return sum;
}

/** sin(π t) for |t| ≤ ¼. */
function sineSeries(t: number): number {
  const angle = Math.PI * t;
  let sum = 1;
  for (let n = 19; n >= 3; n -= 2) sum = 1 - ((angle * angle) / (n * (n - 1))) * sum;
  return angle * sum;
}
