/* list.c - recipients as they stand, and those named in a package. */
#include "tellings.h"

#include "store/family.h"

static const char release_sql[] =
    "UPDATE telling SET next_ms=? WHERE erasure=? AND ended_ms IS NULL AND"
    " next_ms=9223372036854775807";
static const char all_sql[] = "SELECT count(*) FROM telling WHERE erasure=?";
static const char open_sql[] =
    "SELECT count(*) FROM telling WHERE erasure=? AND ended_ms IS NULL";
static const char walk_sql[] =
    "SELECT id,kind,recipient,event,state,reason,told_ms,ended_ms FROM telling"
    " WHERE erasure=? ORDER BY kind,recipient,id";
static const char request_sql[] =
    "SELECT id,kind,recipient,event,state,reason,told_ms,ended_ms FROM telling"
    " WHERE request=? OR erasure IN (SELECT id FROM erasure WHERE request=?)"
    " ORDER BY kind,recipient,id";

int telling_release(struct worker *w, int64_t erasure, struct err *err)
{
	telling_look(w);
	return store_run(w->store, release_sql,
			 STORE_ARGS(S_INT(worker_now(w)), S_INT(erasure)), err);
}

int telling_count(struct worker *w, int64_t erasure, size_t *ret_all,
		  size_t *ret_open, struct err *err)
{
	int64_t all = 0, open = 0;
	bool found;

	if (store_one_int(w->store, all_sql, STORE_ARGS(S_INT(erasure)), &all,
			  &found, err) != 0 ||
	    store_one_int(w->store, open_sql, STORE_ARGS(S_INT(erasure)), &open,
			  &found, err) != 0)
		return -1;
	*ret_all = (size_t)all;
	*ret_open = (size_t)open;
	return 0;
}

static int64_t number(struct worker *w, struct store_rows *rows, unsigned int i)
{
	struct store_value v = store_column(w->store, rows, i);

	return v.type == STORE_INT ? v.num : 0;
}

static bool word(struct worker *w, struct store_rows *rows, unsigned int i,
		 char *ret, size_t size)
{
	return store_word(store_column(w->store, rows, i), ret, size);
}

static int walk(struct worker *w, struct store_rows *rows, telling_each *each,
		void *ctx, struct err *err)
{
	struct telling t;
	int rc;

	while ((rc = store_step(w->store, rows, err)) > 0)
		if (telling_take(w, rows, &t, err) != 0 ||
		    each(ctx, &t, err) != 0) {
			rc = -1;
			break;
		}
	store_finish(w->store, &rows);
	return rc;
}

int telling_walk(struct worker *w, int64_t erasure, telling_each *each,
		 void *ctx, struct err *err)
{
	struct store_rows *rows = NULL;

	if (store_start(w->store, walk_sql, STORE_ARGS(S_INT(erasure)), &rows,
			err) != 0)
		return -1;
	return walk(w, rows, each, ctx, err);
}

int telling_walk_request(struct worker *w, int64_t request, telling_each *each,
			 void *ctx, struct err *err)
{
	struct store_rows *rows = NULL;

	if (store_start(w->store, request_sql,
			STORE_ARGS(S_INT(request), S_INT(request)), &rows,
			err) != 0)
		return -1;
	return walk(w, rows, each, ctx, err);
}

/* --- named recipients (Art. 15(1)(c) GDPR; C-154/21) ---------------------- */

/* Helpdesks, by the first and the last message they were told of; channels,
 * whose providers carried them; whoever staff named. */
static const char named_sql[] = PERSON_FAMILY
    "SELECT 'helpdesk',c.helpdesk,'support',min(c.opened_ms),"
    "max(coalesce((SELECT max(m.received_ms) FROM message m WHERE"
    " m.conversation=c.id),c.opened_ms)) FROM conversation c WHERE c.person IN"
    " (SELECT id FROM family) AND c.helpdesk IS NOT NULL GROUP BY c.helpdesk"
    " UNION ALL "
    "SELECT 'provider',c.channel,'transport',min(c.opened_ms),"
    "max(coalesce((SELECT max(m.received_ms) FROM message m WHERE"
    " m.conversation=c.id),c.opened_ms)) FROM conversation c WHERE c.person IN"
    " (SELECT id FROM family) GROUP BY c.channel"
    " UNION ALL "
    "SELECT 'recipient',recipient,purpose,min(at_ms),max(at_ms) FROM"
    " disclosure WHERE person IN (SELECT id FROM family) GROUP BY recipient,"
    "purpose ORDER BY 1,2,3";
static const char since_sql[] =
    PERSON_FAMILY "SELECT min(created_ms) FROM person WHERE id IN"
		  " (SELECT id FROM family)";

/* How people call a processor. */
static void call(struct worker *w, struct recipient *r)
{
	const struct settings_processor *p =
	    processor_named(w->settings, r->name);

	if (p == NULL || strcmp(r->kind, "recipient") != 0)
		return;
	(void)snprintf(r->kind, sizeof(r->kind), "processor");
	(void)snprintf(r->name, sizeof(r->name), "%s", p->title);
}

/* Who has data of everybody is named in no row. */
static int everybodys(struct worker *w, int64_t person, recipient_each *each,
		      void *ctx, struct err *err)
{
	struct recipient r = {.kind = "processor", .last_ms = worker_now(w)};
	bool found;

	if (store_one_int(w->store, since_sql, STORE_ARGS(S_INT(person)),
			  &r.first_ms, &found, err) != 0)
		return -1;
	for (size_t i = 0; found && i < w->settings->processors_len; i++) {
		const struct settings_processor *p =
		    &w->settings->processors[i];

		if (!p->every)
			continue;
		(void)snprintf(r.name, sizeof(r.name), "%s", p->title);
		(void)snprintf(r.purpose, sizeof(r.purpose), "%s", p->purpose);
		if (each(ctx, &r, err) != 0)
			return -1;
	}
	return 0;
}

int recipients_of(struct worker *w, int64_t person, recipient_each *each,
		  void *ctx, struct err *err)
{
	struct store_rows *rows = NULL;
	struct recipient r;
	int rc;

	if (store_start(w->store, named_sql, STORE_ARGS(S_INT(person)), &rows,
			err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0) {
		r = (struct recipient){.first_ms = number(w, rows, 3),
				       .last_ms = number(w, rows, 4)};
		if (!word(w, rows, 0, r.kind, sizeof(r.kind)) ||
		    !word(w, rows, 1, r.name, sizeof(r.name)) ||
		    !word(w, rows, 2, r.purpose, sizeof(r.purpose))) {
			rc = ERR_SET(err, ERR_CORRUPT, "row of a recipient", 0);
			break;
		}
		call(w, &r);
		if (each(ctx, &r, err) != 0) {
			rc = -1;
			break;
		}
	}
	store_finish(w->store, &rows);
	return rc != 0 ? -1 : everybodys(w, person, each, ctx, err);
}
