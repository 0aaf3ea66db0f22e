/* calls.c - the system calls postern-verify gives up.
 *
 * It reads bytes that somebody hostile may have made, with the ASN.1 reader of
 * a large library among others.  The program has no use for a network, for
 * other programs or for changing a file; whoever takes it over shall have none
 * either.  Written by hand, because libseccomp would double the program. */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "alone.h"

#ifdef SANDBOX_OFF

/* A sanitizer starts a program of its own to name what it found. */
int alone_enter(void)
{
	return 0;
}

#else

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#error "add the AUDIT_ARCH of this architecture"
#endif

#define FIELD(name)                        \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
		 (unsigned int)offsetof(struct seccomp_data, name))
#define END	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
#define ALLOW	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
/* Ends the process at this call. */
#define NEVER(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), END

int alone_enter(void)
{
	static const struct sock_filter filter[] = {
	    FIELD(arch),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
	    END,
	    FIELD(nr),
#ifdef __x86_64__
	    /* The calls of x32 have other numbers for the same things. */
	    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
	    END,
	    NEVER(fork),
	    NEVER(vfork),
	    NEVER(open),
	    NEVER(creat),
	    NEVER(unlink),
	    NEVER(rename),
#endif
	    NEVER(socket),
	    NEVER(socketpair),
	    NEVER(connect),
	    NEVER(bind),
	    NEVER(listen),
	    NEVER(accept),
	    NEVER(accept4),
	    NEVER(sendto),
	    NEVER(sendmsg),
	    NEVER(execve),
	    NEVER(execveat),
	    NEVER(clone),
	    NEVER(clone3),
	    NEVER(ptrace),
	    NEVER(process_vm_writev),
	    NEVER(io_uring_setup),
	    NEVER(openat2),
	    NEVER(unlinkat),
	    NEVER(renameat),
	    NEVER(renameat2),
	    NEVER(ftruncate),
	    NEVER(truncate),
	    /* Opening, only to read. */
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
	    FIELD(args[2]),
	    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K,
		     O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0, 1),
	    END,
	    ALLOW,
	};
	const struct sock_fprog program = {
	    .len = sizeof(filter) / sizeof(filter[0]),
	    .filter = (struct sock_filter *)filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
		return 0;
	/* A kernel without filters: the program does nothing else anyway. */
	return errno == EINVAL ? 0 : -1;
}

#endif
