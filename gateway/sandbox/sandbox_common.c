/* sandbox_common.c - what every process calls: memory, threads, time, files and
 * sockets that are there. */
#include "sandbox/sandbox.h"

#include <sys/ioctl.h>
#include <sys/prctl.h>

static const struct sandbox_call common[] = {
    /* memory; what may be executed is said per role */
    CALL_ANY(brk), CALL_ANY(munmap), CALL_ANY(mremap), CALL_ANY(madvise),
    CALL_ANY(mlock), CALL_ANY(mlock2), CALL_ANY(munlock),
    /* threads, signals, the end */
    CALL_ANY(futex), CALL_ANY(set_robust_list), CALL_ANY(rseq),
    CALL_ANY(sched_yield), CALL_ANY(sched_getaffinity), CALL_ANY(gettid),
    CALL_ANY(getpid), CALL_ANY(rt_sigaction), CALL_ANY(rt_sigprocmask),
    CALL_ANY(rt_sigreturn), CALL_ANY(sigaltstack), CALL_ANY(restart_syscall),
    CALL_ANY(exit), CALL_ANY(exit_group), CALL_ANY(membarrier),
    CALL_ANY(set_tid_address), CALL_ONLY(prctl, 0, PR_SET_NAME),
    CALL_ONLY(prctl, 0, PR_SET_DUMPABLE), CALL_ONLY(prlimit64, 0, 0),
    /* time, chance, who we are */
    CALL_ANY(clock_gettime), CALL_ANY(clock_getres), CALL_ANY(gettimeofday),
    CALL_ANY(time), CALL_ANY(nanosleep), CALL_ANY(clock_nanosleep),
    CALL_ANY(getrandom), CALL_ANY(sysinfo), CALL_ANY(uname), CALL_ANY(getuid),
    CALL_ANY(geteuid), CALL_ANY(getgid), CALL_ANY(getegid),
    /* waiting */
    CALL_ANY(poll), CALL_ANY(ppoll), CALL_ANY(select), CALL_ANY(pselect6),
    CALL_ANY(epoll_create1), CALL_ANY(epoll_ctl), CALL_ANY(epoll_wait),
    CALL_ANY(epoll_pwait), CALL_ANY(eventfd2), CALL_ANY(signalfd4),
    CALL_ANY(timerfd_create), CALL_ANY(timerfd_settime), CALL_ANY(pipe2),
    /* files; which ones, Landlock says */
    CALL_ANY(read), CALL_ANY(readv), CALL_ANY(pread64), CALL_ANY(preadv),
    CALL_ANY(write), CALL_ANY(writev), CALL_ANY(pwrite64), CALL_ANY(pwritev),
    CALL_ANY(lseek), CALL_ANY(close), CALL_ANY(openat), CALL_ANY(newfstatat),
    CALL_ANY(fstat), CALL_ANY(stat), CALL_ANY(lstat), CALL_ANY(statx),
    CALL_ANY(access), CALL_ANY(faccessat), CALL_ANY(faccessat2),
    CALL_ANY(statfs), CALL_ANY(fstatfs), CALL_ANY(getdents64),
    CALL_ANY(readlink), CALL_ANY(readlinkat), CALL_ANY(getcwd), CALL_ANY(fcntl),
    CALL_ANY(fsync), CALL_ANY(fdatasync), CALL_ANY(ftruncate),
    CALL_ANY(fallocate), CALL_ANY(fadvise64), CALL_ANY(unlink),
    CALL_ANY(unlinkat), CALL_ANY(fchmod), CALL_ANY(flock),
    CALL_ONLY(ioctl, 1, FIONREAD), CALL_ONLY(ioctl, 1, FIONBIO),
    CALL_ONLY(ioctl, 1, TCGETS),
    /* sockets that are there already */
    CALL_ANY(accept4), CALL_ANY(recvfrom), CALL_ANY(recvmsg), CALL_ANY(sendto),
    CALL_ANY(sendmsg), CALL_ANY(getsockopt), CALL_ANY(setsockopt),
    CALL_ANY(getsockname), CALL_ANY(getpeername), CALL_ANY(shutdown), CALL_END};

const struct sandbox_call *sandbox_common_calls(void)
{
	return common;
}
