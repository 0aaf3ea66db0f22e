/* sandbox.c - the order of giving up. */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "postern/log.h"

#ifdef SANDBOX_OFF

int sandbox_enter(const struct sandbox_conf *conf, struct err *err)
{
	(void)conf;
	LOG0(LOG_LEVEL_WARN, "sandbox.off.built_with_sanitizers");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return ERR_SET(err, ERR_DENIED, "no_new_privs", errno);
	return 0;
}

#else

/* Root without the three users keeps being the files' owner, whoever that is
 * in the file system, and nothing else of root's. */
#define KEPT ((1u << CAP_DAC_OVERRIDE) | (1u << CAP_FOWNER))

static int drop_capabilities(struct err *err)
{
	struct __user_cap_header_struct head = {
	    .version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3] = {0};
	unsigned int kept;

	if (syscall(SYS_capget, &head, caps) != 0)
		return ERR_SET(err, ERR_DENIED, "capabilities", errno);
	kept = caps[0].permitted & KEPT;
	/* A service manager's filter may not even let us ask for less. */
	if (kept == caps[0].permitted && caps[1].permitted == 0)
		return 0;
	caps[0] = (struct __user_cap_data_struct){.effective = kept,
						  .permitted = kept};
	caps[1] = (struct __user_cap_data_struct){0};
	if (syscall(SYS_capset, &head, caps) != 0)
		return ERR_SET(err, ERR_DENIED, "capabilities", errno);
	/* The ambient set is cut down with the permitted one. */
	return 0;
}

int sandbox_enter(const struct sandbox_conf *conf, struct err *err)
{
	int abi = 0;

	if (drop_capabilities(err) != 0)
		return -1;
	/* Both filters ask for it. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return ERR_SET(err, ERR_DENIED, "no_new_privs", errno);
	if (sandbox_files(conf, &abi, err) != 0)
		return -1;
	if (abi == 0)
		LOG0(LOG_LEVEL_WARN, "sandbox.no_landlock.files_are_open");
	/* Last: it takes away the calls used above. */
	if (sandbox_calls(conf->rules, err) != 0)
		return -1;
	LOG(LOG_LEVEL_INFO, "sandbox.entered", LOG_NUM("landlock", abi));
	return 0;
}

#endif
