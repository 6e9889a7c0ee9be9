// Imported by a worker: lets the parent shift its wall clock, as a change of the system clock would.
const Real = Date;
let shiftMs = 0;

globalThis.Date = class Date extends Real {
  constructor(...args) {
    if (args.length > 0) super(...args);
    else super(Real.now() + shiftMs);
  }

  static now() {
    return Real.now() + shiftMs;
  }
};

process.on('message', ({ clockMs }) => {
  shiftMs = clockMs ?? shiftMs;
});
process.channel?.unref();
