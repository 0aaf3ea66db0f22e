/* limits.c - descriptors for as many connections as the settings allow.
 *
 * Many systems give a service 1024 descriptors; a few idle clients would then
 * use up all of them, and neither a webhook nor a spool segment would get
 * one.  Children inherit what is raised here. */
#include "supervise/supervise.h"

#include <errno.h>
#include <sys/resource.h>

#include "postern/log.h"

/* Spool, archive, calls out, the internal listener. */
#define OTHER_FDS 1024

static rlim_t raised(rlim_t wanted, rlim_t most)
{
	/* As root the hard limit goes up too. */
	struct rlimit r = {wanted, wanted > most ? wanted : most};

	if (setrlimit(RLIMIT_NOFILE, &r) == 0)
		return wanted;
	r = (struct rlimit){most, most};
	if (most < wanted && setrlimit(RLIMIT_NOFILE, &r) == 0)
		return most;
	return 0;
}

int64_t limits_raise(int64_t connections)
{
	const rlim_t wanted = (rlim_t)connections + OTHER_FDS;
	struct rlimit now;
	rlim_t got;

	if (getrlimit(RLIMIT_NOFILE, &now) != 0)
		return 0;
	if (now.rlim_cur >= wanted)
		return (int64_t)(now.rlim_cur < INT64_MAX ? now.rlim_cur
							  : INT64_MAX);
	got = raised(wanted, now.rlim_max);
	if (got == 0)
		got = now.rlim_cur;
	if (got < wanted)
		LOG(LOG_LEVEL_WARN, "serve.descriptors.few",
		    LOG_NUM("wanted", wanted), LOG_NUM("got", got));
	return (int64_t)got;
}
