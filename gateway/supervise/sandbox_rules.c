/* sandbox_rules.c - which process may do what.
 *
 * Found by tracing the end-to-end scripts and by reading the libraries; a
 * build with -DSANDBOX_KILL ends at the first call that is missing here. */
#include "supervise/sandbox.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define EDIT   (ALLOW_READ | ALLOW_WRITE)
#define FOLDER (ALLOW_LIST | EDIT | ALLOW_MAKE)
#define LOOK   (ALLOW_LIST | ALLOW_READ)

/* --- files ---------------------------------------------------------------- */

/* Listing DIR is syncing it: a folder is opened for that.  Names in it tell
 * nothing (design, section 5). */
static const struct sandbox_path intake_paths[] = {
    {"spool", FOLDER, false},
    {"reserve", EDIT, true},
    {"keys/spool.pub", ALLOW_READ, false},
    {"/etc/localtime", ALLOW_READ, false},
    {"/etc/ssl/openssl.cnf", ALLOW_READ, false},
    {NULL, 0, false},
};

static const struct sandbox_path worker_paths[] = {
    {".", ALLOW_LIST, false},
    {"postern.db", EDIT, false},
    {"postern.db-wal", EDIT, true},
    {"postern.db-shm", EDIT, true},
    {"postern.db.lock", EDIT, true},
    {"media", FOLDER | ALLOW_FOLDERS, false},
    {"spool", FOLDER, false}, /* unlinks, and puts .bad files aside */
    {"/dev/urandom", ALLOW_READ, false},
    {"/etc/localtime", ALLOW_READ, false},
    {"/usr/share/zoneinfo", LOOK, false},
    /* Names and certificates of who is called. */
    {"/etc/ssl", LOOK, false},
    {"/usr/share/ca-certificates", LOOK, false},
    {"/usr/local/share/ca-certificates", LOOK, false},
    {"/etc/hosts", ALLOW_READ, false},
    {"/etc/host.conf", ALLOW_READ, false},
    {"/etc/gai.conf", ALLOW_READ, false},
    {"/etc/nsswitch.conf", ALLOW_READ, false},
    {"/etc/services", ALLOW_READ, false},
    {"/etc/resolv.conf", ALLOW_READ, false},
    {"/run/systemd/resolve", LOOK, false}, /* where it may point to */
    {"/run/resolvconf", LOOK, false},
    {"/run/NetworkManager", LOOK, false},
    /* The resolver's modules are loaded when first asked. */
    {"/etc/ld.so.cache", ALLOW_READ, false},
    {"/usr/lib", LOOK, false},
    {"/lib", LOOK, false},
    {"/lib64", LOOK, false},
    {NULL, 0, false},
};

static const struct sandbox_path keeper_paths[] = {
    {".", ALLOW_LIST, false},
    {"keys", FOLDER, false},
    {"keeper.db", EDIT, false},
    {"keeper.db-wal", EDIT, true},
    {"keeper.db-shm", EDIT, true},
    {"erasures.log", EDIT, true},
    {"/dev/urandom", ALLOW_READ, false},
    {"/etc/localtime", ALLOW_READ, false},
    {NULL, 0, false},
};

const struct sandbox_path *sandbox_paths(enum child_role role)
{
	static const struct sandbox_path *const of[CHILDREN] = {
	    [CHILD_KEEPER] = keeper_paths,
	    [CHILD_WORKER] = worker_paths,
	    [CHILD_INTAKE] = intake_paths,
	};

	return of[role];
}

bool sandbox_connects(enum child_role role)
{
	return role == CHILD_WORKER;
}

/* --- system calls --------------------------------------------------------- */

#define ANY(name)                  \
	{                          \
		SCMP_SYS(name), 0, \
		{                  \
			0          \
		}                  \
	}
/* With the n-th argument (from 0) equal to v. */
#define ONLY(name, n, v)                                   \
	{                                                  \
		SCMP_SYS(name), 1,                         \
		{                                          \
			(n), SCMP_CMP_EQ, (uint64_t)(v), 0 \
		}                                          \
	}
/* With none of these bits in the n-th argument. */
#define WITHOUT(name, n, bits)                                       \
	{                                                            \
		SCMP_SYS(name), 1,                                   \
		{                                                    \
			(n), SCMP_CMP_MASKED_EQ, (uint64_t)(bits), 0 \
		}                                                    \
	}
#define END               \
	{                 \
		-1, 0,    \
		{         \
			0 \
		}         \
	}

static const struct sandbox_call common[] = {
    /* memory; what may be executed is said per role */
    ANY(brk), ANY(munmap), ANY(mremap), ANY(madvise), ANY(mlock), ANY(mlock2),
    ANY(munlock),
    /* threads, signals, the end */
    ANY(futex), ANY(set_robust_list), ANY(rseq), ANY(sched_yield),
    ANY(sched_getaffinity), ANY(gettid), ANY(getpid), ANY(rt_sigaction),
    ANY(rt_sigprocmask), ANY(rt_sigreturn), ANY(sigaltstack),
    ANY(restart_syscall), ANY(exit), ANY(exit_group), ANY(membarrier),
    ANY(set_tid_address), ONLY(prctl, 0, PR_SET_NAME),
    ONLY(prctl, 0, PR_SET_DUMPABLE), ONLY(prlimit64, 0, 0),
    /* time, chance, who we are */
    ANY(clock_gettime), ANY(clock_getres), ANY(gettimeofday), ANY(time),
    ANY(nanosleep), ANY(clock_nanosleep), ANY(getrandom), ANY(sysinfo),
    ANY(uname), ANY(getuid), ANY(geteuid), ANY(getgid), ANY(getegid),
    /* waiting */
    ANY(poll), ANY(ppoll), ANY(select), ANY(pselect6), ANY(epoll_create1),
    ANY(epoll_ctl), ANY(epoll_wait), ANY(epoll_pwait), ANY(eventfd2),
    ANY(signalfd4), ANY(timerfd_create), ANY(timerfd_settime), ANY(pipe2),
    /* files; which ones, Landlock says */
    ANY(read), ANY(readv), ANY(pread64), ANY(preadv), ANY(write), ANY(writev),
    ANY(pwrite64), ANY(pwritev), ANY(lseek), ANY(close), ANY(openat),
    ANY(newfstatat), ANY(fstat), ANY(stat), ANY(lstat), ANY(statx), ANY(access),
    ANY(faccessat), ANY(faccessat2), ANY(statfs), ANY(fstatfs), ANY(getdents64),
    ANY(readlink), ANY(readlinkat), ANY(getcwd), ANY(fcntl), ANY(fsync),
    ANY(fdatasync), ANY(ftruncate), ANY(fallocate), ANY(fadvise64), ANY(unlink),
    ANY(unlinkat), ANY(fchmod), ANY(flock), ONLY(ioctl, 1, FIONREAD),
    ONLY(ioctl, 1, FIONBIO), ONLY(ioctl, 1, TCGETS),
    /* sockets that are there already */
    ANY(accept4), ANY(recvfrom), ANY(recvmsg), ANY(sendto), ANY(sendmsg),
    ANY(getsockopt), ANY(setsockopt), ANY(getsockname), ANY(getpeername),
    ANY(shutdown), END};

static const struct sandbox_call intake_calls[] = {
    WITHOUT(mmap, 2, PROT_EXEC), WITHOUT(mprotect, 2, PROT_EXEC), ANY(sendfile),
    END};

/* The resolver's modules are mapped to be executed; nothing is both written
 * and executed.  bind() serves the resolver's netlink address only: those of
 * every other family are longer, or of no use where no file can be made. */
static const struct sandbox_call worker_calls[] = {
    WITHOUT(mmap, 2, PROT_EXEC),
    WITHOUT(mmap, 2, PROT_WRITE),
    WITHOUT(mprotect, 2, PROT_EXEC),
    WITHOUT(mprotect, 2, PROT_WRITE),
    ONLY(socket, 0, AF_UNIX),
    ONLY(socket, 0, AF_INET),
    ONLY(socket, 0, AF_INET6),
    ONLY(socket, 0, AF_NETLINK),
    ONLY(socketpair, 0, AF_UNIX),
    ANY(connect),
    ONLY(bind, 2, 12),
    ANY(sendmmsg),
    ANY(recvmmsg),
    ANY(sendfile),
    ANY(mkdir),
    ANY(mkdirat),
    ANY(rmdir),
    ANY(rename),
    ANY(fchown),
    ANY(dup),
    END};

static const struct sandbox_call keeper_calls[] = {
    WITHOUT(mmap, 2, PROT_EXEC), WITHOUT(mprotect, 2, PROT_EXEC), ANY(rename),
    ANY(fchown), END};

const struct sandbox_call *sandbox_common_calls(void)
{
	return common;
}

const struct sandbox_call *sandbox_role_calls(enum child_role role)
{
	static const struct sandbox_call *const of[CHILDREN] = {
	    [CHILD_KEEPER] = keeper_calls,
	    [CHILD_WORKER] = worker_calls,
	    [CHILD_INTAKE] = intake_calls,
	};

	return of[role];
}
