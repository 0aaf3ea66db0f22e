/* figures.c - rows of table figure. */
#include "figures.h"

#define HOUR_MS INT64_C(3600000)

static const char add_sql[] =
    "INSERT INTO figure(hour_ms,channel,name,detail,n) VALUES(?,?,?,?,?)"
    " ON CONFLICT(hour_ms,channel,name,detail)"
    " DO UPDATE SET n=figure.n+excluded.n";

int figure_add(struct worker *w, const char *channel, const char *name,
	       const char *detail, int64_t n, struct err *err)
{
	int64_t now_ms = worker_now(w);

	return store_run(w->store, add_sql,
			 STORE_ARGS(S_INT(now_ms - now_ms % HOUR_MS),
				    S_TEXT(channel), S_TEXT(name),
				    S_TEXT(detail), S_INT(n)),
			 err);
}
