/* sandbox_calls.c - the system calls left, by seccomp. */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <sched.h>
#include <unistd.h>

/* A test build ends at the first call that no table names, so that it is
 * found; a release refuses it, and the kernel's audit counts it. */
#ifdef SANDBOX_KILL
#define OTHERWISE SCMP_ACT_KILL_PROCESS
#else
#define OTHERWISE SCMP_ACT_ERRNO(EPERM)
#endif

static int add_table(scmp_filter_ctx ctx, const struct sandbox_call *call)
{
	int rc = 0;

	for (; rc == 0 && call->number != -1; call++)
		rc = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, call->number,
					    call->checks_len, &call->check);
	return rc;
}

/* Those whose arguments no constant can name. */
static int add_special(scmp_filter_ctx ctx)
{
	const struct scmp_arg_cmp thread = {0, SCMP_CMP_MASKED_EQ, CLONE_THREAD,
					    CLONE_THREAD};
	const struct scmp_arg_cmp ours = {0, SCMP_CMP_EQ, (uint64_t)getpid(),
					  0};
	int rc;

	/* Threads, no processes.  The flags of clone3 lie in memory, where no
	 * filter sees them; without it glibc takes clone. */
	rc = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				    &thread);
	if (rc == 0)
		rc = seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO(ENOSYS),
					    SCMP_SYS(clone3), 0, NULL);
	/* abort() */
	if (rc == 0)
		rc = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW,
					    SCMP_SYS(tgkill), 1, &ours);
	return rc;
}

int sandbox_calls(const struct sandbox_rules *rules, struct err *err)
{
	scmp_filter_ctx ctx = seccomp_init(OTHERWISE);
	int rc;

	if (ctx == NULL)
		return ERR_SET(err, ERR_NOMEM, "system call filter", 0);
	rc = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
			      SCMP_ACT_KILL_PROCESS);
	if (rc == 0)
		rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_LOG, 1);
	/* A tree instead of a list: the filter runs at every call. */
	if (rc == 0)
		rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (rc == 0)
		rc = add_table(ctx, sandbox_common_calls());
	if (rc == 0)
		rc = add_table(ctx, rules->calls);
	if (rc == 0)
		rc = add_special(ctx);
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	return rc == 0 ? 0
		       : ERR_SET(err, ERR_DENIED, "system call filter", -rc);
}
