import type { ChecksumKey } from "../../coordinator/protocol/checksum.ts";
import type { CoordinatorMessage, PeerMessage } from "../../coordinator/protocol/messages.ts";
import type { Round } from "../../coordinator/protocol/rounds.ts";
import type { VectorLayout } from "../collective/vectorLayout.ts";
import { type AuditOrder, Auditor, type AuditorOptions } from "../train/auditor.ts";
import { Accounts, checksums } from "./accounts.ts";
import { Norms } from "./norms.ts";
import { stateChunks } from "./stateTransfer.ts";

export interface AuditingOptions extends Omit<AuditorOptions, "onRecomputed"> {
  readonly tell: (message: PeerMessage) => void;
}

type AuditRequest = Extract<CoordinatorMessage, { type: "audit" | "inquire" | "show" | "settled" }>;

interface Inquired {
  readonly round: number;
  readonly key: ChecksumKey;
}

interface Recomputed {
  readonly order: AuditOrder;
  readonly layout: VectorLayout;
  readonly vector: Int32Array;
}

/** This peer's part in inquiries: what it computes again of others', and what it says about its own rounds. */
export class Auditing {
  readonly auditor: Auditor;
  readonly #accounts: Accounts;
  readonly #norms = new Norms();
  readonly #options: AuditingOptions;
  readonly #inquired = new Map<number, Inquired>();
  readonly #recomputed = new Map<number, Recomputed>();
  /** Asked about, and not done here yet. */
  #open: { readonly inquiry: number; readonly inquired: Inquired }[] = [];

  constructor(options: AuditingOptions) {
    this.#options = options;
    this.#accounts = new Accounts(options.layoutOf);
    this.auditor = new Auditor({
      ...options,
      onRecomputed: (order, round, vector) => {
        this.#recomputed.set(order.inquiry, { order, layout: options.layoutOf(round.kind), vector });
        this.#tellRecomputed(order.inquiry);
      },
    });
  }

  /** A round is done. */
  keep(round: Round, evidence: Parameters<Accounts["keep"]>[1]): void {
    if (round.kind === "train") {
      for (const { sender, why } of this.#norms.look(evidence.contributed, this.#options.layoutOf("train"), round.slots))
        this.#options.tell({ type: "suspect", round: round.round, about: sender, why });
    }
    this.#accounts.keep(round, evidence);
    const due = this.#open.filter(({ inquired }) => inquired.round <= round.round);
    this.#open = this.#open.filter(({ inquired }) => inquired.round > round.round);
    for (const { inquiry, inquired } of due) this.#tellAccount(inquiry, inquired);
  }

  hear(message: AuditRequest): void {
    switch (message.type) {
      case "audit":
        this.auditor.order(message);
        break;
      case "inquire":
        this.#inquired.set(message.inquiry, message);
        if (message.round > this.#accounts.newest) this.#open.push({ inquiry: message.inquiry, inquired: message });
        else this.#tellAccount(message.inquiry, message);
        this.#tellRecomputed(message.inquiry);
        break;
      case "show":
        this.#show(message.inquiry);
        break;
      case "settled":
        this.auditor.settled(message.inquiry);
        this.#inquired.delete(message.inquiry);
        this.#recomputed.delete(message.inquiry);
        break;
      default:
        message satisfies never;
    }
  }

  #tellAccount(inquiry: number, { round, key }: Inquired): void {
    this.#options.tell({ type: "account", inquiry, account: this.#accounts.accountOf(round, key) });
  }

  /** As soon as there is both: what was computed again, and the key to say it under. */
  #tellRecomputed(inquiry: number): void {
    const [inquired, recomputed] = [this.#inquired.get(inquiry), this.#recomputed.get(inquiry)];
    if (inquired === undefined || recomputed === undefined) return;
    const { layout, vector } = recomputed;
    this.#options.tell({ type: "recomputed", inquiry, sums: checksums(layout, vector, inquired.key) });
  }

  #show(inquiry: number): void {
    const kept = this.auditor.stateOf(inquiry);
    if (kept === undefined) return;
    for (const chunk of stateChunks(kept.round, kept.state)) this.#options.tell({ ...chunk, type: "shown", inquiry });
  }
}
