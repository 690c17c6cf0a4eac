import type { CoordinatorMessage } from "../../coordinator/protocol/messages.ts";
import { assignOwners } from "../../coordinator/run/assignment.ts";

/** Views as they would be without rows. */
export function flattened(message: CoordinatorMessage): CoordinatorMessage {
  if (message.type !== "views") return message;
  const views = message.views.map(({ seats: _, ...view }) => ({ ...view, owners: assignOwners(view.members) }));
  return { ...message, views };
}
