/* rules.c - both edited files, loaded and held against each other. */
#include "supervise/supervise.h"

#include <sodium.h>

#include "postern/log.h"

static int parse_policy(const char *dir, struct diag *diag, struct policy **ret)
{
	uint8_t *bytes = NULL;
	size_t len = 0;
	int rc;

	if (settings_read_file(dir, "policy.yaml", diag, &bytes, &len) != 0)
		return -1;
	rc = policy_parse(bytes, len, diag, ret);
	free(bytes);
	return rc;
}

static int check_names(const struct rules *r, struct diag *diag)
{
	struct name channels[SETTINGS_CHANNELS_MAX];
	struct name helpdesks[SETTINGS_HELPDESKS_MAX];
	const struct settings *s = r->settings;

	for (size_t i = 0; i < s->channels_len; i++)
		channels[i] = s->channels[i].name;
	for (size_t i = 0; i < s->helpdesks_len; i++)
		helpdesks[i] = s->helpdesks[i].name;
	return policy_check_names(r->policy, channels, s->channels_len,
				  helpdesks, s->helpdesks_len, diag) > 0
		   ? -1
		   : 0;
}

int rules_load(const char *dir, enum settings_role role, FILE *out,
	       struct rules *ret)
{
	struct rules r = {0};
	struct diag *diag = malloc(sizeof(*diag)); /* 25 KiB */
	char file[sizeof(diag->file)];
	int rc = -1;

	if (diag == NULL)
		return -1;
	(void)snprintf(file, sizeof(file), "%s/postern.yaml", dir);
	diag_init(diag, file);
	if (settings_load(dir, role, diag, &r.settings) != 0)
		goto out;
	(void)snprintf(file, sizeof(file), "%s/policy.yaml", dir);
	diag_init(diag, file);
	if (parse_policy(dir, diag, &r.policy) != 0)
		goto out;
	if (check_names(&r, diag) != 0)
		goto out;
	*ret = r;
	r = (struct rules){0};
	rc = 0;
out:
	if (rc != 0 && out != NULL) {
		diag_print(diag, out);
		(void)fflush(out);
	}
	rules_free(&r);
	free(diag);
	return rc;
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
