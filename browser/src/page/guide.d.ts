// The programs of the guide, as the bundle holds them (see ../guide.ts).
declare module 'virtual:guide/programs' {
  const programs: readonly (() => Promise<unknown>)[];
  export default programs;
}
