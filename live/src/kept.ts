/** What the reader has written, kept in this browser and nowhere else. */

const PREFIX = "backprop:exercise:";

export interface Work {
  text: string;
  passed: boolean;
}

/** Give what was written for an exercise, if anything. */
export function recall(name: string): Work | null {
  try {
    const { text, passed } = JSON.parse(localStorage.getItem(PREFIX + name) ?? "null") as Work;
    return typeof text === "string" ? { text, passed: passed === true } : null;
  } catch {
    return null; // nothing, or storage is forbidden
  }
}

/** Whether a key of the storage is that of an exercise. */
export const concerns = (key: string, name: string): boolean => key === PREFIX + name;

/** Keep what was written, or forget it; tell whether the browser lets us. */
export function keep(name: string, work: Work | null): boolean {
  try {
    if (work) localStorage.setItem(PREFIX + name, JSON.stringify(work));
    else localStorage.removeItem(PREFIX + name);
    return true;
  } catch {
    return false;
  }
}

/** List the exercises that were begun. */
export function begun(): string[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)).map((key) => key.slice(PREFIX.length)).sort();
  } catch {
    return [];
  }
}

/** Offer a file for download. */
export function save(name: string, content: BlobPart): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content]));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
