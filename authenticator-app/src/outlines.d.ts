/** Made by `build/outlines.ts`: lines as [x, y, dx, dy, …] in 1/`steps` degrees. */
declare module 'virtual:outlines' {
  export const steps: number;
  export const land: readonly (readonly number[])[];
  export const borders: readonly (readonly number[])[];
}
