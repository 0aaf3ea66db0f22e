/* env.h - everything that is not a function of its arguments: clocks,
 * randomness and the writes that make an acknowledgement durable.  Tests put
 * their own struct here to drive time and faults. */
#ifndef POSTERN_ENV_H
#define POSTERN_ENV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

struct env {
	int64_t (*wall_ms)(struct env *env); /* UTC, for stamps only */
	int64_t (*boot_ms)(struct env *env); /* CLOCK_BOOTTIME, for time-outs */
	void (*random)(struct env *env, void *ret_bytes, size_t len);
	ssize_t (*pwritev)(struct env *env, int fd, const struct iovec *iov,
			   int iov_len, off_t offset);
	int (*datasync)(struct env *env, int fd);
	/* Does the kernel say that nobody keeps the wall clock right?  NULL:
	 * not known. */
	bool (*unsynced)(struct env *env);
	void *ctx; /* of the double */
};

/* env_system - the real one.  Static; sodium_init() must have run. */
struct env *env_system(void);

/* The calendar year (UTC) of a time. */
uint16_t env_year(int64_t wall_ms);
/* "2026-11-21T18:00:00Z"; ret has at least 21 bytes. */
#define RFC3339_BYTES 21
void env_rfc3339(int64_t wall_ms, char ret[RFC3339_BYTES]);

#endif
