/**
 * `npm run conformance`: tests any echo (RFC 862), daytime (RFC 867) and STAMP (RFC 8762) server against the RFCs, clause by
 * clause. Exit codes: 0 every required clause held, 1 a required clause failed, 2 usage.
 */
import { conformance } from '../tests/conformance/command-line.ts';

const { code, stdout, stderr } = await conformance(process.argv.slice(2));
process.stdout.write(stdout);
process.stderr.write(stderr);
process.exitCode = code;
