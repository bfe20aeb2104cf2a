/** The attacks on one fleet, in turn. */
import '../bytes.ts';
import './floods.ts';
import './mid-answer.ts';
import './resets.ts';
