export { escapeC, unescapeC } from './c-escapes.ts';
