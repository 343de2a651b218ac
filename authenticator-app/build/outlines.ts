import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { feature, mesh } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import type { Plugin } from 'vite';

const ID = 'virtual:outlines';

/** Steps to a degree: 1/50° is 2 km, half a pixel of the map. */
const STEPS = 50;

const TURN = 360 * STEPS;

type Line = [number, number][];

/**
 * The world for the offline map, from the public-domain outlines of Natural Earth (1:50 million): rings of land and
 * lines of borders as whole steps, each point told from the one before. Made at build time, loaded only with the map.
 */
export function outlines(): Plugin {
  return {
    name: 'outlines',
    resolveId: (id) => (id === ID ? `\0${ID}` : null),
    load(id) {
      if (id !== `\0${ID}`) return null;
      const { land, borders } = world();
      return `export const steps = ${STEPS};
export const land = ${JSON.stringify(land)};
export const borders = ${JSON.stringify(borders)};`;
    },
  };
}

function world(): { land: number[][]; borders: number[][] } {
  const file = fileURLToPath(import.meta.resolve('world-atlas/countries-50m.json'));
  const atlas = JSON.parse(readFileSync(file, 'utf8')) as Topology<{
    countries: GeometryCollection;
    land: GeometryCollection;
  }>;
  const rings: Line[] = [];
  for (const { geometry } of feature(atlas, atlas.objects.land).features) {
    if (geometry.type === 'Polygon') rings.push(...(geometry.coordinates as Line[]));
    if (geometry.type === 'MultiPolygon') rings.push(...(geometry.coordinates.flat() as Line[]));
  }
  const between = mesh(atlas, atlas.objects.countries as never, (a, b) => a !== b);
  return {
    land: rings.map(steps).filter((line) => line.length > 6),
    borders: (between.coordinates as Line[]).map(steps).filter((line) => line.length > 2),
  };
}

/** A line as [x, y, dx, dy, dx, dy, …], without points that fall on the one before. */
function steps(line: Line): number[] {
  const result: number[] = [];
  let [x, y] = [0, 0];
  for (const [longitude, latitude] of line) {
    const nextY = Math.round(latitude * STEPS);
    let nextX = Math.round(longitude * STEPS);
    // Over the date line a line goes on; it does not go round the world.
    if (result.length > 0) nextX -= TURN * Math.round((nextX - x) / TURN);
    if (result.length > 0 && nextX === x && nextY === y) continue;
    result.push(nextX - x, nextY - y);
    [x, y] = [nextX, nextY];
  }
  return result;
}
