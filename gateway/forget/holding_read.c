/* holding_read.c - holds as they are shown. */
#include "holding_inside.h"

#include "postern/policy.h"

static const char load_sql[] =
    "SELECT scope,person,conversation,channel,datenart,from_day,to_day,"
    "direction,kind,tags,words,scanned,state,owner,approver,released_by,"
    "placed_ms,approved_ms,released_ms,review_day,year,(SELECT count(*) FROM"
    " hold_approval a WHERE a.hold=hold.id),(SELECT count(*) FROM hold_item i"
    " WHERE i.hold=hold.id),coalesce((SELECT max(id) FROM message),0) FROM"
    " hold WHERE id=?";
static const char list_sql[] =
    "SELECT id FROM hold WHERE released_ms IS NULL OR ?<>0 ORDER BY id DESC"
    " LIMIT ?";
static const char sealed_sql[] = "SELECT hold_sealed FROM hold WHERE id=?";

uint16_t holding_year(const struct worker *w)
{
	return (uint16_t)caldate_of(worker_now(w) / DAY_MS).year;
}

static bool name_at(struct worker *w, struct store_rows *rows, unsigned int i,
		    struct name *ret)
{
	struct store_value v = store_column(w->store, rows, i);

	*ret = (struct name){0};
	return v.type == STORE_NULL ||
	       (v.type == STORE_TEXT && name_set(ret, v.bytes, v.len));
}

static int64_t day_at(struct worker *w, struct store_rows *rows, unsigned int i)
{
	struct store_value v = store_column(w->store, rows, i);

	return v.type == STORE_INT ? v.num : HOLD_DAY_NONE;
}

static int64_t number_at(struct worker *w, struct store_rows *rows,
			 unsigned int i)
{
	return store_column(w->store, rows, i).num;
}

static int read_what(struct worker *w, struct store_rows *rows,
		     struct hold_row *ret, struct err *err)
{
	char scope[16];

	ret->person = number_at(w, rows, 1);
	ret->conversation = number_at(w, rows, 2);
	ret->from_day = day_at(w, rows, 5);
	ret->to_day = day_at(w, rows, 6);
	ret->tags = number_at(w, rows, 9);
	ret->words = number_at(w, rows, 10) != 0;
	ret->scanned = number_at(w, rows, 11);
	if (!store_word(store_column(w->store, rows, 0), scope,
			sizeof(scope)) ||
	    !hold_scope_named(scope, &ret->scope) ||
	    !name_at(w, rows, 3, &ret->channel) ||
	    !name_at(w, rows, 4, &ret->datenart) ||
	    !store_word(store_column(w->store, rows, 7), ret->direction,
			sizeof(ret->direction)) ||
	    !store_word(store_column(w->store, rows, 8), ret->kind,
			sizeof(ret->kind)))
		return ERR_SET(err, ERR_CORRUPT, "row of a hold", 0);
	return 0;
}

static int read_view(struct worker *w, struct store_rows *rows,
		     struct holding_view *ret, struct err *err)
{
	if (read_what(w, rows, &ret->what, err) != 0)
		return -1;
	if (!store_word(store_column(w->store, rows, 12), ret->state,
			sizeof(ret->state)))
		return ERR_SET(err, ERR_CORRUPT, "state of a hold", 0);
	ret->owner = number_at(w, rows, 13);
	ret->approver = number_at(w, rows, 14);
	ret->released_by = number_at(w, rows, 15);
	ret->placed_ms = number_at(w, rows, 16);
	ret->approved_ms = number_at(w, rows, 17);
	ret->released_ms = number_at(w, rows, 18);
	ret->review_day = number_at(w, rows, 19);
	ret->year = (uint16_t)number_at(w, rows, 20);
	ret->agreed = number_at(w, rows, 21);
	ret->found = number_at(w, rows, 22);
	ret->last = number_at(w, rows, 23);
	ret->needed = policy_approvals(w->policy).hold;
	return 0;
}

int holding_load(struct worker *w, int64_t id, struct holding_view *ret,
		 bool *ret_found, struct err *err)
{
	struct holding_view view = {.what = {.id = id}};
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(w->store, load_sql, STORE_ARGS(S_INT(id)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	*ret_found = rc > 0;
	if (rc > 0)
		rc = read_view(w, rows, &view, err);
	store_finish(w->store, &rows);
	if (rc == 0 && *ret_found)
		*ret = view;
	return rc;
}

int holding_list(struct worker *w, bool all, int64_t *ret_ids, size_t max,
		 size_t *ret_len, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc = 0;

	*ret_len = 0;
	if (store_start(w->store, list_sql, STORE_ARGS(S_INT(all), S_INT(max)),
			&rows, err) != 0)
		return -1;
	while (*ret_len < max && (rc = store_step(w->store, rows, err)) > 0)
		ret_ids[(*ret_len)++] = store_column(w->store, rows, 0).num;
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

/* --- what is sealed ------------------------------------------------------- */

static int read_sealed(struct worker *w, int64_t id, struct buf *ret,
		       struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value v;
	int rc;

	if (store_start(w->store, sealed_sql, STORE_ARGS(S_INT(id)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc > 0) {
		v = store_column(w->store, rows, 0);
		rc = v.type == STORE_BLOB
			 ? buf_append(ret, v.bytes, v.len, err)
			 : ERR_SET(err, ERR_ABSENT, "nothing sealed", 0);
	} else if (rc == 0) {
		rc = ERR_SET(err, ERR_ABSENT, "no such hold", 0);
	}
	store_finish(w->store, &rows);
	return rc;
}

int holding_secrets(struct worker *w, const struct holding_view *view,
		    struct buf *ret, struct err *err)
{
	struct buf sealed = BUF_INIT(HOLDING_SECRETS_MAX + 256);
	struct keeper_batch *batch = NULL;
	const uint8_t *clear = NULL;
	struct key_ref key;
	size_t slot, len = 0;
	int rc = -1;

	holding_key(view->what.id, view->year, &key);
	if (read_sealed(w, view->what.id, &sealed, err) != 0 ||
	    keeper_batch_new(w->keeper, &batch, err) != 0)
		goto out;
	slot = keeper_add_open(batch, &key, view->what.id, FIELD_HOLD,
			       sealed.bytes, sealed.len);
	if (keeper_run(batch, err) == 0 &&
	    keeper_result(batch, slot, &clear, &len, err) == 0)
		rc = buf_append(ret, clear, len, err);
out:
	keeper_batch_free(&batch);
	buf_free(&sealed);
	return rc;
}
