#ifndef WORKLOADS_H
#define WORKLOADS_H

#include "options.h"

/** Connections that each send a message, wait for its echo and send the next. */
void ping_pong(const struct options *options);

/** TCP connections one after the other, `connections` at once: connect, read the line, read the FIN, close. */
void one_shot(const struct options *options);

/** Datagrams, `in_flight` at a time on each socket, echoed byte for byte. */
void udp_echo(const struct options *options);

/** The same with a daytime line as the reply. */
void udp_daytime(const struct options *options);

/** The same with STAMP packets (RFC 8762), each socket a session. */
void stamp(const struct options *options);

#endif
