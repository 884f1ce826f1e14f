/** Learning curve and decision surface, on canvas: the libraries scale and trace, and nothing is computed here. */

import { contours } from "d3-contour";
import { scaleLinear, scaleLog } from "d3-scale";
import { line } from "d3-shape";
import { make } from "./dom";

/** A colour of the site, as it is in the scheme of the moment. */
const colour = (name: string): string => getComputedStyle(document.body).getPropertyValue(name).trim();

/** A canvas with its context, sharp on every screen. */
function canvas(label: string, width: number, height: number): [HTMLCanvasElement, CanvasRenderingContext2D] {
  const made = make("canvas");
  made.role = "img";
  made.ariaLabel = label;
  const sharp = Math.min(window.devicePixelRatio || 1, 2);
  [made.width, made.height] = [width * sharp, height * sharp];
  const context = made.getContext("2d")!;
  context.scale(sharp, sharp);
  return [made, context];
}

/** Losses over the epochs; where they become many, every second one is left out. */
class Losses {
  private points: [epoch: number, loss: number][] = [];
  private every = 1;
  constructor(private readonly most: number) {}

  clear(): void {
    this.points = [];
    this.every = 1;
  }

  add(from: number, losses: Float64Array): void {
    for (let k = (this.every - (from % this.every)) % this.every; k < losses.length; k += this.every) {
      this.points.push([from + k, losses[k]!]);
    }
    while (this.points.length > this.most) {
      this.every *= 2;
      this.points = this.points.filter(([epoch]) => epoch % this.every === 0);
    }
  }

  get all(): readonly [number, number][] {
    return this.points;
  }
}

const [WIDE, HIGH, LEFT, BELOW] = [460, 250, 46, 26];

/** A power of ten, written with its exponent where it has many zeros. */
function power(tick: number): string {
  const exponent = Math.round(Math.log10(tick));
  return Math.abs(exponent) < 4 ? String(tick) : `10${String(exponent).replace(/./g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]!)}`;
}

export class Curve {
  readonly element: HTMLCanvasElement;
  private readonly context: CanvasRenderingContext2D;
  private readonly right = new Losses(900);
  private readonly wrong = new Losses(900);

  constructor() {
    [this.element, this.context] = canvas("Learning curve", WIDE, HIGH);
  }

  clear(): void {
    this.right.clear();
    this.wrong.clear();
  }

  add(from: number, losses: Float64Array, wrong: Float64Array): void {
    this.right.add(from, losses);
    this.wrong.add(from, wrong);
  }

  draw(): void {
    const c = this.context;
    const finite = [...this.right.all, ...this.wrong.all].filter(([, loss]) => loss > 1e-12 && loss < 1e12);
    const epochs = finite.map(([epoch]) => epoch);
    const losses = finite.map(([, loss]) => loss);
    const [first, last] = epochs.length ? [Math.min(...epochs), Math.max(...epochs)] : [0, 1000];
    const x = scaleLinear([first, Math.max(last, first + 1)], [LEFT, WIDE - 8]);
    const y = scaleLog([Math.min(...losses, 0.1), Math.max(...losses, 1)], [HIGH - BELOW, 8]).nice();
    c.clearRect(0, 0, WIDE, HIGH);
    c.font = `12px ${getComputedStyle(this.element).fontFamily}`;
    c.fillStyle = colour("--bp-quiet");
    c.strokeStyle = colour("--bp-line");
    c.lineWidth = 1;
    c.textAlign = "right";
    c.beginPath();
    for (const tick of y.ticks(4).filter((tick) => /^1(e|0*$)|^0\.0*1$/.test(String(tick)))) {
      c.moveTo(LEFT, y(tick));
      c.lineTo(WIDE - 8, y(tick));
      c.fillText(power(tick), LEFT - 6, y(tick) + 4);
    }
    c.stroke();
    c.textAlign = "center";
    for (const tick of x.ticks(4)) c.fillText(tick.toLocaleString("en"), Math.min(x(tick), WIDE - 24), HIGH - 8);
    this.trace(this.right.all, x, y, "--bp-forward", []);
    this.trace(this.wrong.all, x, y, "--bp-backward", [6, 3]);
  }

  private trace(
    points: readonly [number, number][],
    x: (epoch: number) => number,
    y: (loss: number) => number,
    ink: string,
    dashes: number[],
  ): void {
    const c = this.context;
    c.strokeStyle = colour(ink);
    c.lineWidth = 1.8;
    c.setLineDash(dashes);
    c.beginPath();
    line<[number, number]>(([epoch]) => x(epoch), ([, loss]) => y(loss))
      .defined(([, loss]) => loss > 1e-12 && loss < 1e12)
      .context(c)([...points]);
    c.stroke();
    c.setLineDash([]);
  }
}

const SIDE = 250;
const CELLS = 41;

export class Surface {
  readonly element: HTMLCanvasElement;
  private readonly context: CanvasRenderingContext2D;
  private readonly small = make("canvas");
  private scheme = "";
  private readonly colours = new Uint8ClampedArray(256 * 4);
  private points: { x: Float64Array; label: Float64Array } | null = null;
  private values: Float32Array = new Float32Array();

  constructor() {
    [this.element, this.context] = canvas("Decision surface", SIDE, SIDE);
    [this.small.width, this.small.height] = [CELLS, CELLS];
  }

  /** Mix the colours anew where the scheme has changed. */
  private mix(): void {
    const scheme = colour("--bp-forward");
    if (scheme === this.scheme) return;
    this.scheme = scheme;
    const mixed = scaleLinear<string>([0, 128, 255], [colour("--bp-backward"), colour("--bp-paper"), scheme]);
    for (let k = 0; k < 256; k++) {
      const [r = 0, g = 0, b = 0] = mixed(k).match(/[\d.]+/g)!.map(Number);
      this.colours.set([r, g, b, 255], 4 * k);
    }
  }

  set(points: { x: Float64Array; label: Float64Array }): void {
    this.points = points;
  }

  draw(values: Float32Array = this.values): void {
    if (values.length !== CELLS * CELLS) return;
    this.values = values;
    this.mix();
    const c = this.context;
    const pixels = new ImageData(CELLS, CELLS);
    for (let k = 0; k < values.length; k++) {
      const level = 4 * Math.max(0, Math.min(255, Math.round(255 * values[k]!)));
      pixels.data.set(this.colours.subarray(level, level + 4), 4 * k);
    }
    this.small.getContext("2d")!.putImageData(pixels, 0, 0);
    c.globalAlpha = 1;
    c.clearRect(0, 0, SIDE, SIDE);
    c.globalAlpha = 0.75;
    c.drawImage(this.small, 0, 0, SIDE, SIDE);
    c.globalAlpha = 1;
    const at = scaleLinear([0, CELLS], [0, SIDE]);
    c.strokeStyle = colour("--bp-ink");
    c.lineWidth = 1.2;
    c.beginPath();
    const [border] = contours().size([CELLS, CELLS]).thresholds([0.5])(values as unknown as number[]);
    for (const ring of border?.coordinates.flat() ?? []) {
      ring.forEach(([x = 0, y = 0], k) => {
        const edge = x <= 0.5 || y <= 0.5 || x >= CELLS - 0.5 || y >= CELLS - 0.5; // the frame is no border
        if (k && !edge) c.lineTo(at(x), at(y));
        else c.moveTo(at(x), at(y));
      });
    }
    c.stroke();
    this.mark();
  }

  private mark(): void {
    if (!this.points) return;
    const c = this.context;
    const { x, label } = this.points;
    const across = scaleLinear([-0.1, 1.1], [0, SIDE]);
    const up = scaleLinear([-0.1, 1.1], [SIDE, 0]);
    for (let n = 0; n < label.length; n++) {
      c.beginPath();
      c.arc(across(x[2 * n]!), up(x[2 * n + 1]!), 4, 0, 7);
      c.fillStyle = colour(label[n]! > 0.5 ? "--bp-ink" : "--bp-paper");
      c.fill();
      c.lineWidth = 1;
      c.strokeStyle = colour("--bp-ink");
      c.stroke();
    }
  }
}
