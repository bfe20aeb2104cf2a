/** `npm run service -- NAME [FLAG…]`: one service of this repository in the foreground. */
import { readdirSync } from 'node:fs';

const services = readdirSync(new URL('../services/', import.meta.url));
const [name = '', ...flags] = process.argv.slice(2);
if (!services.includes(name)) {
  console.error(`there is no service ${JSON.stringify(name)}; the services are ${services.join(', ')}`);
  process.exit(2);
}
process.argv.splice(2, Number.POSITIVE_INFINITY, ...flags);
await import(`../services/${name}/src/main.ts`);
