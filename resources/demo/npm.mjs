// Runs npm inside this process and ends it with our parent, who holds the other end of our stdin: npm itself does not
// look at its stdin, and would go on installing for an app that has been killed.
import { pathToFileURL } from 'node:url';

process.umask(0o077);
const end = () => process.kill(process.pid, 'SIGKILL'); // nothing to tidy up: the folder counts only once it is renamed
process.stdin.on('end', end).on('error', end).resume().unref();
process.argv.splice(1, 1); // npm reads its own path and arguments where it expects them
await import(pathToFileURL(process.argv[1]).href);
