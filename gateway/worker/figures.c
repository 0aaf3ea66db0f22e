/* figures.c - rows of table figure. */
#include "figures.h"

#include "restriction.h"

static const char add_sql[] =
    "INSERT INTO figure(hour_ms,channel,name,detail,n) VALUES(?,?,?,?,?)"
    " ON CONFLICT(hour_ms,channel,name,detail)"
    " DO UPDATE SET n=figure.n+excluded.n";

int figure_add_at(struct worker *w, int64_t at_ms, const char *channel,
		  const char *name, const char *detail, int64_t n,
		  struct err *err)
{
	return store_run(w->store, add_sql,
			 STORE_ARGS(S_INT(at_ms - at_ms % FIGURE_HOUR_MS),
				    S_TEXT(channel), S_TEXT(name),
				    S_TEXT(detail), S_INT(n)),
			 err);
}

int figure_add(struct worker *w, const char *channel, const char *name,
	       const char *detail, int64_t n, struct err *err)
{
	return figure_add_at(w, worker_now(w), channel, name, detail, n, err);
}

static bool same(const struct figure_run *a, const struct figure_run *b)
{
	return a->hour_ms == b->hour_ms && strcmp(a->name, b->name) == 0 &&
	       strcmp(a->detail, b->detail) == 0 &&
	       name_equal(&a->channel, &b->channel);
}

int figure_run_end(struct worker *w, struct figure_run *run, struct err *err)
{
	int64_t n = run->n;

	run->n = 0;
	if (n == 0)
		return 0;
	return figure_add_at(w, run->hour_ms, run->channel.text, run->name,
			     run->detail, n, err);
}

int figure_run_add(struct worker *w, struct figure_run *run,
		   const struct figure_run *one, struct err *err)
{
	if (run->n > 0 && same(run, one)) {
		run->n += one->n;
		return 0;
	}
	if (figure_run_end(w, run, err) != 0)
		return -1;
	*run = *one;
	return 0;
}

int figure_add_of(struct worker *w, int64_t person, const char *channel,
		  const char *name, const char *detail, struct err *err)
{
	bool restricted = false;

	if (restriction_of(w, person, 0, &restricted, err) != 0)
		return -1;
	return restricted ? 0 : figure_add(w, channel, name, detail, 1, err);
}
