/* due.c - until when something is kept. */
#include "due.h"

#include "postern/caldate.h"
#include "postern/diag.h"

#define STATUTORY_MAX 32

static int unknown_rule(const char *name, struct complaint *why)
{
	const char *names[STATUTORY_MAX], *near;
	size_t len, n = 0;
	const struct statutory *all = statutory_all(&len);

	for (; n < len && n < STATUTORY_MAX; n++)
		names[n] = all[n].name;
	near = diag_nearest(name, names, n);
	if (near != NULL)
		return complain(why, "statutory",
				"is no such rule; did you mean '%s'?", near);
	(void)complain(why, "statutory", "is no such rule; one of");
	for (size_t i = 0; i < n; i++)
		complain_word(why, names[i]);
	return -1;
}

int due_of(const struct due_wish *wish, struct retention *ret,
	   const struct statutory **ret_law, struct complaint *why)
{
	const struct statutory *law = NULL;
	struct period p = {0};
	int64_t day;

	*ret_law = NULL;
	if (!caldate_parse(wish->start, &day))
		return complain(why, "start",
				"is no date; a day that exists, such as "
				"2027-08-30");
	if (wish->statutory != NULL) {
		law = statutory_find(wish->statutory);
		if (law == NULL)
			return unknown_rule(wish->statutory, why);
	} else if (!period_parse(wish->period, &p)) {
		return complain(why, "period",
				"is no period; ISO 8601 in whole days, such "
				"as P6M, P90D, P1Y6M or P2W");
	}
	if (law != NULL
		? !retention_statutory(day, law->years, law->year_end, ret)
		: !retention_of(day, &p, ret))
		return complain(why, NULL, "that ends after the year 9999");
	*ret_law = law;
	return 0;
}

json_t *due_json(const struct retention *r)
{
	char last[CALDATE_BYTES], from[CALDATE_BYTES];

	caldate_format(r->last_day, last);
	caldate_format(r->erase_from, from);
	return json_pack("{s:s,s:s}", "last_day", last, "erase_from", from);
}
