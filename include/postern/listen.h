/* listen.h - sockets that take connections. */
#ifndef POSTERN_LISTEN_H
#define POSTERN_LISTEN_H

#include "postern/err.h"

/* "127.0.0.1:8080", "[::1]:8080" or "localhost:8080"; close-on-exec,
 * non-blocking.  ERR_BUSY: taken; ERR_INPUT: no address of this host. */
int listen_tcp(const char *address, int *ret_fd, struct err *err);
/* Stream socket file of mode 0600. */
int listen_unix(const char *path, int *ret_fd, struct err *err);

#endif
