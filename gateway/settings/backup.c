/* backup.c - sections backup and breach: how long copies of the keys may be
 * used, and when an authority has to be told. */
#include "postern/holidays.h"
#include "postern/period.h"
#include "settings/parse.h"

#define KEYS_DAYS_MAX 366

static const struct conf_number hours = {"hours", 1, BREACH_HOURS_MAX,
					 BREACH_HOURS, "hours"};

void conf_backup_defaults(struct settings *s)
{
	(void)snprintf(s->backup.keys_max, sizeof(s->backup.keys_max), "P30D");
	s->breach.hours = hours.fallback;
}

/* Who was erased waits for the last of them.
 * Source: compliance 7.4. */
static void keys_max_read(struct parse *in, const struct yaml *node)
{
	char *text = in->s->backup.keys_max;
	struct period period;

	if (!node || !conf_text_into(in, node, "keys_max", 1, text,
				     sizeof(in->s->backup.keys_max)))
		return;
	if (!period_parse(text, &period) || period_days_min(&period) < 1 ||
	    period_days_max(&period) > KEYS_DAYS_MAX)
		diag_add(in->diag, node->line, node->column,
			 "keys_max is no period of a day to a year; write one "
			 "such as P30D");
}

void conf_backup(struct parse *in, const struct yaml *map)
{
	static const char *const keys[] = {"keys_max"};

	if (!conf_is_map(in, map, "backup"))
		return;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), in->diag);
	keys_max_read(in, yaml_get(map, "keys_max"));
}

/* --- breaches ------------------------------------------------------------- */

static void threshold_read(struct parse *in, const struct yaml *node)
{
	char text[8] = "";

	if (!node ||
	    !conf_text_into(in, node, "threshold", 1, text, sizeof(text)))
		return;
	in->s->breach.high_risk_only = strcmp(text, "high") == 0;
	if (!in->s->breach.high_risk_only && strcmp(text, "risk") != 0)
		diag_add(in->diag, node->line, node->column,
			 "threshold is neither risk nor high; write one of "
			 "them");
}

void conf_breach(struct parse *in, const struct yaml *map)
{
	static const char *const keys[] = {"hours", "threshold"};

	if (!conf_is_map(in, map, "breach"))
		return;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), in->diag);
	threshold_read(in, yaml_get(map, "threshold"));
	conf_number_into(in, map, &hours, &in->s->breach.hours);
}
