/** The attacks on one fleet, in turn. */
import './bytes.ts';
import './crowds.ts';
import './mid-answer.ts';
import './resets.ts';
