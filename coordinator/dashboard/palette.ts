/** The style sheet's colours, for the canvas, which knows no style sheets. They change with the reader's light or dark preference. */
export interface Palette {
  readonly ink: string;
  readonly soft: string;
  readonly line: string;
  readonly surface: string;
  readonly loss: string;
  readonly lossFaint: string;
  readonly lossBand: string;
  readonly train: string;
  readonly test: string;
  readonly accent: string;
  readonly accentFaint: string;
}

export function currentPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: colour("ink"),
    soft: colour("soft"),
    line: colour("line"),
    surface: colour("surface"),
    loss: colour("loss"),
    lossFaint: colour("loss-faint"),
    lossBand: colour("loss-band"),
    train: colour("train"),
    test: colour("test"),
    accent: colour("accent"),
    accentFaint: colour("accent-faint"),
  };
}

/** Calls back when the preference changes. */
export function onPaletteChange(changed: () => void): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
}

export const AXIS_FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
