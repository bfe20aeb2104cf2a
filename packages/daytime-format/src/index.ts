export { CurrentLines, hostClock } from './current-lines.ts';
export { DaytimeParseError, type DaytimeParseErrorCode } from './daytime-parse-error.ts';
export { formatDaytime } from './format.ts';
export { type FormatName, formatDescriptions, formats, isFormatName, requestedFormat } from './formats.ts';
export { type ParsedDaytime, type ParseOptions, parseDaytime } from './parse.ts';
export { openZone, type Zone } from './zone.ts';
