import { Logging, LogLevel } from 'mediabunny';

// What goes wrong arrives as an error and is logged by whoever handles it; the library would print it as well.
Logging.level = LogLevel.Silent;

export * from 'mediabunny';
