// Imported by every process of an instance: exits when the channel to the parent closes.
process.on('disconnect', () => process.exit(1));
// The channel alone must not keep the process running.
process.channel?.unref();
