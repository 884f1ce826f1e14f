/** The drawing of the network: put into the page, walked through with the arrow keys, chosen from by key or pointer. */

type Choose = (name: string) => void;

/** Where the middle of a part is on the screen. */
function middle(part: Element): [number, number] {
  const box = part.querySelector("circle, .wire")!.getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
}

/** The nearest part in the direction of an arrow key. */
export function neighbour(part: Element, key: string, all: Element[]): Element | null {
  const [x, y] = middle(part);
  const across = key === "ArrowLeft" || key === "ArrowRight";
  const sign = key === "ArrowLeft" || key === "ArrowUp" ? -1 : 1;
  let best: Element | null = null;
  let least = Infinity;
  for (const other of all) {
    const [ox, oy] = middle(other);
    const along = sign * (across ? ox - x : oy - y);
    const aside = Math.abs(across ? oy - y : ox - x);
    if (other === part || along < 2) continue;
    const far = along + 2 * aside;
    if (far < least) [best, least] = [other, far];
  }
  return best;
}

export class Graph {
  constructor(
    private readonly place: HTMLElement,
    choose: Choose,
  ) {
    const chosen = (event: Event): Element | null => (event.target as Element).closest("[data-name]");
    place.addEventListener("click", (event) => {
      const part = chosen(event);
      if (part) choose(part.getAttribute("data-name")!);
    });
    // A press may make the reader leave a field, and what was written there may bring a new drawing before the click.
    let pressed: Element | null = null;
    place.addEventListener("pointerdown", (event) => {
      pressed = chosen(event);
    });
    place.addEventListener("pointerup", () => {
      const part = pressed;
      pressed = null;
      if (part && !part.isConnected) choose(part.getAttribute("data-name")!);
    });
    place.addEventListener("keydown", (event) => {
      const part = chosen(event);
      if (!part) return;
      if (event.key === "Enter" || event.key === " ") choose(part.getAttribute("data-name")!);
      else if (event.key.startsWith("Arrow")) this.focus(neighbour(part, event.key, this.parts()));
      else return;
      event.preventDefault();
    });
  }

  private parts(): Element[] {
    return [...this.place.querySelectorAll("[data-name]")];
  }

  private focus(part: Element | null): void {
    if (!part) return;
    for (const other of this.parts()) other.setAttribute("tabindex", "-1");
    part.setAttribute("tabindex", "0");
    (part as SVGElement).focus();
  }

  /** The part that has the keyboard, or "". */
  get focused(): string {
    const part = this.place.contains(document.activeElement) ? document.activeElement : null;
    return part?.getAttribute("data-name") ?? "";
  }

  show(svg: string): void {
    const name = this.focused;
    this.place.innerHTML = svg; // it comes from this package, which writes every text of it itself
    if (name) this.focus(this.place.querySelector(`[data-name="${name}"]`));
  }
}
