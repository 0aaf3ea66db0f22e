/* rules.c - both edited files, loaded and held against each other. */
#include "supervise/supervise.h"

#include "postern/check.h"
#include "postern/log.h"

int rules_load(const char *dir, enum settings_role role, FILE *out,
	       struct rules *ret)
{
	struct rules r = {0};
	struct diag *diag;

	if (settings_check(dir, &r.settings, &r.policy, out) != 0)
		return -1;
	if (role != ROLE_CHECK) {
		/* Once more, now keeping the secrets of this process. */
		settings_free(&r.settings);
		diag = malloc(sizeof(*diag)); /* 25 KiB */
		if (diag != NULL) {
			diag_init(diag, "postern.yaml");
			if (settings_load(dir, role, diag, &r.settings) != 0)
				diag_print(diag, out);
		}
		free(diag);
	}
	if (r.settings == NULL) {
		policy_free(&r.policy);
		return -1;
	}
	*ret = r;
	return 0;
}

void rules_free(struct rules *r)
{
	settings_free(&r->settings);
	policy_free(&r->policy);
}

void rules_set_log(const struct rules *r)
{
	static const struct {
		const char *name;
		enum log_level level;
	} levels[] = {{"debug", LOG_LEVEL_DEBUG},
		      {"info", LOG_LEVEL_INFO},
		      {"warn", LOG_LEVEL_WARN},
		      {"error", LOG_LEVEL_ERROR}};

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcmp(r->settings->log_level, levels[i].name) == 0)
			log_set_level(levels[i].level);
}
