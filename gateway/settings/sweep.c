/* sweep.c - section sweep: when what is over goes, and how much of it a day
 * (docs/retention.md). */
#include "settings/parse.h"
#include "settings/syntax.h"

#define AT_MINUTE 150 /* 02:30 */
#define HOURS	  24
#define MINUTES	  60

static const struct conf_number daily_cap = {"daily_cap", 1, 100000000, 100000,
					     "records"};
static const struct conf_number few = {"few", 0, 1000000, 10, "records"};

void conf_sweep_defaults(struct settings *s)
{
	s->sweep.at_minute = AT_MINUTE;
	s->sweep.daily_cap = daily_cap.fallback;
	s->sweep.few = few.fallback;
	s->sweep.kernel_clock = true;
}

static bool digits(const char *text, int *ret)
{
	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return false;
	*ret = 10 * (text[0] - '0') + (text[1] - '0');
	return true;
}

static void at_read(struct parse *in, const struct yaml *node)
{
	char text[8] = "";
	int hour, minute;

	if (!node || !conf_text_into(in, node, "at", 1, text, sizeof(text)))
		return;
	if (strlen(text) == 5 && text[2] == ':' && digits(text, &hour) &&
	    digits(text + 3, &minute) && hour < HOURS && minute < MINUTES)
		in->s->sweep.at_minute = hour * MINUTES + minute;
	else
		diag_add(in->diag, node->line, node->column,
			 "at is no time of day; write one such as \"02:30\"");
}

static void clock_read(struct parse *in, const struct yaml *node)
{
	if (node && !yaml_bool(node, &in->s->sweep.kernel_clock))
		diag_add(in->diag, node->line, node->column,
			 "kernel_clock is neither true nor false; write one of "
			 "them");
}

void conf_sweep(struct parse *in, const struct yaml *map)
{
	static const char *const keys[] = {"at", "daily_cap", "few",
					   "kernel_clock"};

	if (!conf_is_map(in, map, "sweep"))
		return;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), in->diag);
	at_read(in, yaml_get(map, "at"));
	conf_number_into(in, map, &daily_cap, &in->s->sweep.daily_cap);
	conf_number_into(in, map, &few, &in->s->sweep.few);
	clock_read(in, yaml_get(map, "kernel_clock"));
}
