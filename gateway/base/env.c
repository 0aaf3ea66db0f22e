/* env.c - the real clocks, randomness and disk. */
#include "postern/env.h"

#include <sodium.h>
#include <sys/timex.h>
#include <unistd.h>

static int64_t clock_ms(clockid_t id)
{
	struct timespec ts = {0};

	(void)clock_gettime(id, &ts); /* cannot fail for these two clocks */
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t system_wall_ms(struct env *env)
{
	(void)env;
	return clock_ms(CLOCK_REALTIME);
}

static int64_t system_boot_ms(struct env *env)
{
	(void)env;
	return clock_ms(CLOCK_BOOTTIME);
}

static void system_random(struct env *env, void *ret_bytes, size_t len)
{
	(void)env;
	randombytes_buf(ret_bytes, len);
}

static ssize_t system_pwritev(struct env *env, int fd, const struct iovec *iov,
			      int iov_len, off_t offset)
{
	(void)env;
	return pwritev(fd, iov, iov_len, offset);
}

static int system_datasync(struct env *env, int fd)
{
	(void)env;
	return fdatasync(fd);
}

/* Asks only: changing it needs a capability that no process of ours keeps. */
static bool system_unsynced(struct env *env)
{
	struct timex ask = {.modes = 0};

	(void)env;
	return adjtimex(&ask) >= 0 && (ask.status & STA_UNSYNC) != 0;
}

struct env *env_system(void)
{
	static struct env system_env = {
	    .wall_ms = system_wall_ms,
	    .boot_ms = system_boot_ms,
	    .random = system_random,
	    .pwritev = system_pwritev,
	    .datasync = system_datasync,
	    .unsynced = system_unsynced,
	};

	return &system_env;
}

static struct tm calendar(int64_t wall_ms)
{
	time_t s = (time_t)(wall_ms / 1000 - (wall_ms % 1000 < 0));
	struct tm tm = {0};

	if (gmtime_r(&s, &tm) == NULL)
		tm = (struct tm){.tm_year = 70, .tm_mday = 1};
	return tm;
}

uint16_t env_year(int64_t wall_ms)
{
	return (uint16_t)(calendar(wall_ms).tm_year + 1900);
}

void env_rfc3339(int64_t wall_ms, char ret[RFC3339_BYTES])
{
	struct tm tm = calendar(wall_ms);

	/* Years outside four digits do not fit and are no time of ours. */
	if (strftime(ret, RFC3339_BYTES, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		memcpy(ret, "1970-01-01T00:00:00Z", RFC3339_BYTES);
}
