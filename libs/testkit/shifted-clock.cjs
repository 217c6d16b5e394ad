/**
 * Preloaded (`--require`) into a service, it makes that process's clock wrong by CLOCK_OFFSET_SECONDS: every date that
 * is the present is shifted, as on a machine whose time of day was never set.
 */
const offsetMs = Number(process.env.CLOCK_OFFSET_SECONDS ?? 0) * 1000;
const RealDate = Date;

globalThis.Date = class Date extends RealDate {
  constructor(...given) {
    super(...(given.length === 0 ? [RealDate.now() + offsetMs] : given));
  }
  static now() {
    return RealDate.now() + offsetMs;
  }
};
