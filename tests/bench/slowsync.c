/* slowsync.c - a disk whose flush takes SLOW_SYNC_US longer.
 *
 * Every call that waits for the disk does its work, then sleeps.  Preloaded
 * as a library into the servers Postern is measured beside, linked into a
 * Postern of the bench's own, because its processes start with an empty
 * environment; so the same code slows all of them.  Calls of several threads
 * or processes sleep side by side, as on a device that takes many flushes at
 * once: kind to who flushes from many processes.  The length is fixed when it
 * is compiled, so that no server can miss a setting. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define THOUSAND 1000L
#define MILLION	 1000000L

/* A flush that failed was no shorter. */
static int slowly(long rc)
{
	struct timespec left = {
	    .tv_sec = SLOW_SYNC_US / MILLION,
	    .tv_nsec = SLOW_SYNC_US % MILLION * THOUSAND,
	};
	int was = errno;

	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		;
	errno = was;
	return (int)rc;
}

int fsync(int fd)
{
	return slowly(syscall(SYS_fsync, fd));
}

int fdatasync(int fd)
{
	return slowly(syscall(SYS_fdatasync, fd));
}

int syncfs(int fd)
{
	return slowly(syscall(SYS_syncfs, fd));
}

/* Without a wait it only starts the writing: nobody stands at the disk. */
int sync_file_range(int fd, off64_t at, off64_t len, unsigned int flags)
{
	long rc = syscall(SYS_sync_file_range, fd, at, len, flags);

	return (flags & SYNC_FILE_RANGE_WAIT_AFTER) != 0 ? slowly(rc) : (int)rc;
}

int msync(void *at, size_t len, int flags)
{
	long rc = syscall(SYS_msync, at, len, flags);

	return (flags & MS_SYNC) != 0 ? slowly(rc) : (int)rc;
}
