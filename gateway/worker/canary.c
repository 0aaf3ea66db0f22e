/* canary.c - see canary.h. */
#include "canary.h"

#include "alarm.h"
#include "prove.h"
#include "store/family.h"

static const char count_sql[] =
    "SELECT count(*) FROM canary WHERE ended_ms IS NULL";
static const char of_sql[] =
    PERSON_FAMILY "SELECT id FROM canary WHERE ended_ms IS NULL AND person IN"
		  " (SELECT id FROM family) LIMIT 1";

static const struct {
	const char *word; /* of the alarm */
	enum ledger_reason reason;
} touches[] = {
    [CANARY_VIEWED] = {"viewed", LEDGER_R_VIEWED},
    [CANARY_EXPORTED] = {"exported", LEDGER_R_EXPORTED},
    [CANARY_FORWARDED] = {"forwarded", LEDGER_R_FORWARDED},
    [CANARY_ASKED] = {"asked", LEDGER_R_ASKED},
};

int canary_any(struct worker *w, bool *ret, struct err *err)
{
	bool found;

	if (!w->canaries_known) {
		if (store_one_int(w->store, count_sql, STORE_NO_ARGS,
				  &w->canaries, &found, err) != 0)
			return -1;
		/* What is not committed may yet be undone. */
		w->canaries_known = !w->store->changing;
	}
	*ret = w->canaries > 0;
	return 0;
}

void canary_changed(struct worker *w)
{
	w->canaries_known = false;
}

static int find(struct worker *w, int64_t person, int64_t *ret, bool *ret_found,
		struct err *err)
{
	*ret_found = false;
	if (canary_any(w, ret_found, err) != 0)
		return -1;
	if (!*ret_found)
		return 0;
	return store_one_int(w->store, of_sql, STORE_ARGS(S_INT(person)), ret,
			     ret_found, err);
}

int canary_is(struct worker *w, int64_t person, bool *ret, struct err *err)
{
	int64_t canary;

	return find(w, person, &canary, ret, err);
}

static int raise_alarm(struct worker *w, int64_t canary, const char *what,
		       struct err *err)
{
	char detail[32 + LEDGER_STAFF_HEX];
	const struct alarm alarm = {
	    .kind = "canary.touched",
	    .about = ID_CANARY,
	    .object = canary,
	    .detail = detail,
	};

	(void)snprintf(detail, sizeof(detail), "%s %s%s", what,
		       w->acting != NULL ? "st_" : "system",
		       w->acting != NULL ? w->acting->pseudonym : "");
	return alarm_raise(w, &alarm, err);
}

int canary_touched(struct worker *w, int64_t person, enum canary_touch what,
		   struct err *err)
{
	struct act act = {
	    .event = LEDGER_CANARY_TOUCHED,
	    .reason = touches[what].reason,
	    .by = LEDGER_STAFF,
	    .kind = ID_CANARY,
	};
	bool found;

	if (find(w, person, &act.object, &found, err) != 0)
		return -1;
	if (!found)
		return 0;
	if (prove(w, &act, err) != 0)
		return -1;
	return raise_alarm(w, act.object, touches[what].word, err);
}
