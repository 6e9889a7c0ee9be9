// Loaded into every process of an instance: when the channel to the parent closes, the parent is gone.
process.on('disconnect', () => process.exit(1));
// The channel alone must not keep a process alive that has nothing else to do.
process.channel?.unref();
