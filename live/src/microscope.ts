/** The page of the microscope: its first picture stays until the first click, which loads the instrument and Python. */

import { button, make } from "./dom";
import type { Microscope } from "./instrument";
import { note, possible } from "./page";

function begin(root: HTMLElement): void {
  const problems = root.querySelector<HTMLElement>(".microscope-problems")!;
  const opening = button("Open the microscope", () => void open(location.search.slice(1) || root.dataset.address!));
  opening.className = "md-button";
  const start = root.querySelector<HTMLElement>(".microscope-start")!;
  start.append(opening, note());
  let made: Promise<Microscope> | null = null;
  let instrument: Microscope | null = null;

  async function open(address: string): Promise<void> {
    try {
      made ??= import("./instrument").then(({ Microscope }) => new Microscope(root, start, problems));
      instrument = await made;
      await instrument.open(address);
    } catch {
      made = null;
      problems.replaceChildren(make("p", "live-error", "The microscope could not be loaded. Are you online?"));
    }
  }

  for (const link of document.querySelectorAll<HTMLAnchorElement>("a.microscope-preset")) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      root.scrollIntoView({ block: "start" });
      root.tabIndex = -1;
      root.focus({ preventScroll: true }); // the keyboard goes on from what the link has opened
      instrument?.leave(); // one may come back to what is left
      history.pushState(null, "", new URL(link.href).search); // so that one can come back
      void open(location.search.slice(1));
    });
  }
}

const root = document.getElementById("microscope");
if (root && possible) begin(root);
