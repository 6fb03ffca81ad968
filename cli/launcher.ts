const pollMs = 500;

/**
 * Stops a command that npm or npx started when these are gone. They run it in a shell, and pass SIGTERM to that shell alone: what
 * the shell started would go on for ever, with nobody at its end.
 */
export function stopWithLauncher(): void {
  const isLaunchedByNpm = process.env.npm_execpath !== undefined;
  // A child of the supervisor ends with the supervisor.
  if (!isLaunchedByNpm || process.send !== undefined) return;

  const launcher = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === launcher) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, pollMs);
  watch.unref();
}
