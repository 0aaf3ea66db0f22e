/* alarm.c - see alarm.h. */
#include "alarm.h"

#include "postern/log.h"

static const char open_sql[] =
    "SELECT id FROM alarm WHERE kind=? AND object=? AND ended_ms IS NULL";
static const char raise_sql[] =
    "INSERT INTO alarm(id,kind,object_kind,object,detail,raised_ms,due_ms)"
    " VALUES(?,?,?,?,?,?,?)";
static const char end_sql[] = "UPDATE alarm SET ended_ms=? WHERE kind=? AND"
			      " object=? AND ended_ms IS NULL";

int alarm_raise(struct worker *w, const struct alarm *a, struct err *err)
{
	int64_t id = 0;
	bool open = false;

	if (store_one_int(w->store, open_sql,
			  STORE_ARGS(S_TEXT(a->kind), S_INT(a->object)), &id,
			  &open, err) != 0)
		return -1;
	if (open)
		return 0;
	LOG(LOG_LEVEL_WARN, "alarm.raised", log_table("kind", a->kind));
	return store_run(w->store, raise_sql,
			 STORE_ARGS(S_INT(worker_id(w)), S_TEXT(a->kind),
				    S_INT(a->about), S_INT(a->object),
				    S_TEXT(a->detail), S_INT(worker_now(w)),
				    a->due_ms != 0 ? S_INT(a->due_ms) : S_NULL),
			 err);
}

int alarm_end(struct worker *w, const char *kind, int64_t object,
	      struct err *err)
{
	return store_run(
	    w->store, end_sql,
	    STORE_ARGS(S_INT(worker_now(w)), S_TEXT(kind), S_INT(object)), err);
}
