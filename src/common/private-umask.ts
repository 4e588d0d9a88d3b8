/**
 * The first import of every process: what it creates is for its owner only, whatever the umask of its parent was.
 * Worker threads have the umask of their process.
 */
process.umask(0o077);
