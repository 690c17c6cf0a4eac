import type { Seat } from "./seat.ts";

/** What honest peers are dropped for, too. */
const BLAMELESS = /was silent|fell too far behind|got no further|falls back further|did not get the state/;

/** Whom the coordinator drops or refuses. Throws for an honest peer that is blamed for anything. */
export class Expulsions {
  /** Hostile peers that were dropped, and those that were not let in again. */
  readonly drops: { readonly name: string; readonly sentence: string; readonly round: number }[] = [];
  readonly refusals: string[] = [];
  /** Why honest peers had to join again. */
  readonly honest: string[] = [];
  /** A hostile owner tells peers different things: then honest ones end a round with other bits, and have to join again. */
  victims = 0;
  forking = false;
  /** While frames are spoilt on their way, honest peers complain about honest ones. */
  drop({ hostile, peer: { name } }: Seat, sentence: string, round: number, tampering: boolean): void {
    if (hostile) this.drops.push({ name, sentence, round });
    else if (this.forking && /ended round/.test(sentence)) this.victims++;
    else if (!(tampering && /sent what cannot be/.test(sentence)) && !BLAMELESS.test(sentence)) throw new Error(sentence);
    else this.honest.push(sentence);
  }

  refuse(reason: string, sentence: string): void {
    if (reason !== "cool-down") throw new Error(sentence);
    this.refusals.push(sentence);
  }
}
