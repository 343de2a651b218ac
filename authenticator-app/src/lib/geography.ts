/** The part of the world around a point as SVG paths, north up, a degree the same length both ways at its middle. */

export interface View {
  latitude: number;
  longitude: number;
  width: number;
  height: number;
  /** Pixels to a degree of latitude. */
  scale: number;
}

type Lines = readonly (readonly number[])[];

/** The path of the lines that cross the view; `closed` for rings of land. */
export function path(lines: Lines, steps: number, view: View, closed: boolean): string {
  const reach = bounds(view);
  let result = '';
  for (const line of lines) {
    // The world is round: what lies beyond 180° is drawn from the other side.
    for (const turn of [-360, 0, 360]) {
      const points = absolute(line, steps, turn);
      if (!crosses(points, reach)) continue;
      result += points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${project(x, y, view)}`).join('');
      if (closed) result += 'Z';
    }
  }
  return result;
}

interface Bounds {
  west: number;
  east: number;
  south: number;
  north: number;
}

function bounds({ latitude, longitude, width, height, scale }: View): Bounds {
  const [x, y] = [width / 2 / (scale * shrink(latitude)), height / 2 / scale];
  return { west: longitude - x, east: longitude + x, south: latitude - y, north: latitude + y };
}

function absolute(line: readonly number[], steps: number, turn: number): [number, number][] {
  const points: [number, number][] = [];
  let [x, y] = [0, 0];
  for (let index = 0; index + 1 < line.length; index += 2) {
    x += line[index] ?? 0;
    y += line[index + 1] ?? 0;
    points.push([x / steps + turn, y / steps]);
  }
  return points;
}

function crosses(points: readonly [number, number][], { west, east, south, north }: Bounds): boolean {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const [x, y] of points) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    low = Math.min(low, y);
    high = Math.max(high, y);
  }
  return left <= east && right >= west && low <= north && high >= south;
}

function project(longitude: number, latitude: number, view: View): string {
  const x = view.width / 2 + (longitude - view.longitude) * view.scale * shrink(view.latitude);
  const y = view.height / 2 - (latitude - view.latitude) * view.scale;
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}

/** How much shorter a degree of longitude is there; not all the way to nothing at the poles. */
function shrink(latitude: number): number {
  return Math.max(0.2, Math.cos((latitude * Math.PI) / 180));
}
