import { toString as qrCode } from "qrcode";
import { make, mark, show, write } from "./dom.ts";

let shownUrl = "";

/**
 * The link, its QR code and a button to copy it, wherever the page has a place for them. On another machine the coordinator does not say
 * the link: then the page says where it is to be had.
 */
export async function showJoinLink(url: string | null): Promise<void> {
  mark(document.body, "link", url === null ? "elsewhere" : "here");
  if (url === null || url === shownUrl) return;
  shownUrl = url;
  for (const link of document.querySelectorAll<HTMLAnchorElement>(".join-link")) {
    link.href = url;
    write(link, url);
  }
  const local = isLoopback(new URL(url).hostname);
  for (const note of document.querySelectorAll<HTMLElement>(".local-note")) {
    show(note, local);
    note.replaceChildren(
      "This link works on this computer only. To let other machines join, start the coordinator with ",
      make("code", "", "--host 0.0.0.0"),
      ".",
    );
  }
  const svg = new DOMParser().parseFromString(await qrCode(url, { type: "svg", margin: 2, errorCorrectionLevel: "M" }), "image/svg+xml");
  for (const place of document.querySelectorAll(".qr")) place.replaceChildren(document.importNode(svg.documentElement, true));
}

/** Addresses that mean "this computer": nobody else can open them. */
export const isLoopback = (hostname: string): boolean => hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");

export function offerCopy(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>(".copy")) {
    button.addEventListener("click", async () => {
      const link = button.parentElement?.querySelector(".join-link") ?? button;
      const copied = await copy(shownUrl, link);
      write(button, copied ? "Copied" : "Selected: press Ctrl+C");
      setTimeout(() => write(button, "Copy link"), 2500);
    });
  }
}

/** Pages over plain HTTP have no clipboard but on localhost: then the link is selected, for the reader to copy. */
async function copy(text: string, link: Element): Promise<boolean> {
  if (window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return true;
  }
  getSelection()?.selectAllChildren(link);
  return document.execCommand("copy");
}
