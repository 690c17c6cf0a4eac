import { toString as drawQr } from "qrcode";

/** The address as a QR code of half-height blocks, coloured so that it is dark on light in every terminal. */
export function terminalQr(url: string): Promise<string> {
  return drawQr(url, { type: "terminal", small: true, errorCorrectionLevel: "L" });
}
