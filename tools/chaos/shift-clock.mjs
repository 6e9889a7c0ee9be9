// Loaded into a worker: its wall clock is set by its parent, as somebody or something sets the clock of a machine.
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
