/** What a join link asks for: `/join?token=…`, and if wanted `&auto` (join at once), `&name=…`, `&workers=n`. */
export interface Wishes {
  readonly token: string | null;
  readonly name: string | null;
  readonly workers: number | null;
  readonly auto: boolean;
}

/** The protocol takes no longer names and no more workers than these. */
const MAX_NAME_LENGTH = 40;
const MAX_WORKERS = 256;

export function readWishes(url: URL): Wishes {
  const given = url.searchParams;
  const name = given.get("name")?.trim().slice(0, MAX_NAME_LENGTH);
  const workers = Number(given.get("workers"));
  return {
    token: given.get("token") || null,
    name: name || null,
    workers: Number.isInteger(workers) && workers >= 1 ? Math.min(workers, MAX_WORKERS) : null,
    auto: given.has("auto"),
  };
}
