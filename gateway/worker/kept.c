/* kept.c - see kept.h. */
#include "kept.h"

static const char any_sql[] = "SELECT 1 FROM kept LIMIT 1";
static const char again_sql[] =
    "UPDATE kept SET until_day=0 WHERE person=? AND conversation=? AND"
    " erasure=0 AND until_day IS NOT NULL";
static const char is_sql[] = "SELECT 1 FROM kept WHERE id=?";

static int know(struct worker *w, struct err *err)
{
	int64_t one;

	if (w->kept_known)
		return 0;
	if (store_one_int(w->store, any_sql, STORE_NO_ARGS, &one, &w->kept,
			  err) != 0)
		return -1;
	/* What is not committed may yet be undone. */
	w->kept_known = !w->store->changing;
	return 0;
}

int kept_is(struct worker *w, int64_t id, bool *ret, struct err *err)
{
	int64_t one;

	*ret = false;
	if (know(w, err) != 0)
		return -1;
	if (!w->kept)
		return 0;
	return store_one_int(w->store, is_sql, STORE_ARGS(S_INT(id)), &one, ret,
			     err);
}

int kept_reopened(struct worker *w, int64_t person, int64_t conversation,
		  struct err *err)
{
	if (know(w, err) != 0)
		return -1;
	if (!w->kept)
		return 0;
	return store_run(w->store, again_sql,
			 STORE_ARGS(S_INT(person), S_INT(conversation)), err);
}

void kept_changed(struct worker *w)
{
	w->kept_known = false;
	/* Nothing of it is told from memory any more. */
	deliver_forget(w, 0);
}
