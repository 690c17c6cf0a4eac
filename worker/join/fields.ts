/** Writes texts into the elements with `data-field="<name>"`. */
export function fill(fields: Record<string, string>): void {
  for (const [name, text] of Object.entries(fields)) {
    for (const target of document.querySelectorAll(`[data-field="${name}"]`)) write(target, text);
  }
}

/** The element of the page's HTML with this id. */
export function part(id: string): HTMLElement;
export function part<T extends Element>(id: string, kind: new () => T): T;
export function part(id: string, kind: new () => Element = HTMLElement): Element {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page should have a ${kind.name} with the id "${id}", but has ${found ?? "none"}`);
  return found;
}

/** What did not change costs no layout. */
export function write(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** Sets `data-<name>` for the style sheet. */
export function mark(target: HTMLElement, name: string, value: string): void {
  target.dataset[name] = value;
}
