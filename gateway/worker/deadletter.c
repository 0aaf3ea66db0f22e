/* deadletter.c - listing, retrying and dropping rows of the outbox. */
#include "deadletter.h"

#include "deliver.h"
#include "prove.h"

#define COLUMNS                                                       \
	"id,kind,destination,type,state,reason,conversation,message," \
	"attempts,next_ms,created_ms"
#define SQL_LIST "SELECT " COLUMNS " FROM outbox WHERE id>? ORDER BY id"
#define SQL_LIST_STATE \
	"SELECT " COLUMNS " FROM outbox WHERE id>? AND state=? ORDER BY id"
#define SQL_ONE "SELECT " COLUMNS " FROM outbox WHERE id=?"
#define SQL_RETRY                                                   \
	"UPDATE outbox SET state='waiting',reason=NULL,error=NULL," \
	"attempts=0,next_ms=0 WHERE id=?"
#define SQL_DROP "DELETE FROM outbox WHERE id=?"
#define SQL_FAILED                                     \
	"UPDATE message SET state='failed' WHERE id=?" \
	" AND direction='out' AND state IN ('queued','unknown')"

static int take_item(struct worker *w, struct store_rows *rows,
		     struct outbox_item *ret, struct err *err)
{
	struct store_value v[11];
	struct outbox_item item = {0};

	for (unsigned int i = 0; i < 11; i++)
		v[i] = store_column(w->store, rows, i);
	if (!store_word(v[1], item.kind, sizeof(item.kind)) ||
	    v[2].type != STORE_TEXT ||
	    !name_set(&item.destination, v[2].bytes, v[2].len) ||
	    !store_word(v[3], item.type, sizeof(item.type)) ||
	    !store_word(v[4], item.state, sizeof(item.state)) ||
	    !store_word(v[5], item.reason, sizeof(item.reason)))
		return ERR_SET(err, ERR_CORRUPT, "malformed outbox row", 0);
	item.id = v[0].num;
	item.conversation = v[6].num;
	item.message = v[7].type == STORE_INT ? v[7].num : 0;
	item.attempts = v[8].num;
	item.next_ms = v[9].num;
	item.created_ms = v[10].num;
	*ret = item;
	return 0;
}

int outbox_list(struct worker *w, const char *state, int64_t after,
		struct outbox_item *ret_items, size_t size, size_t *ret_len,
		struct err *err)
{
	static const char all[] = SQL_LIST, some[] = SQL_LIST_STATE;
	const struct store_value args[] = {S_INT(after), S_TEXT(state)};
	struct store_rows *rows = NULL;
	size_t len = 0;
	int more = 0;

	if (store_start(w->store, state != NULL ? some : all, args,
			state != NULL ? 2 : 1, &rows, err) != 0)
		return -1;
	while (len < size && (more = store_step(w->store, rows, err)) == 1) {
		if (take_item(w, rows, &ret_items[len], err) != 0) {
			more = -1;
			break;
		}
		len++;
	}
	store_finish(w->store, &rows);
	if (more < 0)
		return -1;
	*ret_len = len;
	return 0;
}

static int find(struct worker *w, int64_t id, struct outbox_item *ret,
		struct err *err)
{
	static const char sql[] = SQL_ONE;
	struct store_rows *rows = NULL;
	int there;

	if (store_start(w->store, sql, STORE_ARGS(S_INT(id)), &rows, err) != 0)
		return -1;
	there = store_step(w->store, rows, err);
	if (there == 1 && take_item(w, rows, ret, err) != 0)
		there = -1;
	store_finish(w->store, &rows);
	if (there == 0)
		return ERR_SET(err, ERR_ABSENT, "no such outbox row", 0);
	return there < 0 ? -1 : 0;
}

static void wake(struct worker *w, const struct outbox_item *item)
{
	const struct queue_row row = {
	    .id = item->id,
	    .conversation = item->conversation,
	    .created_ms = item->created_ms,
	};

	if (strcmp(item->kind, "helpdesk") == 0)
		deliver_readmit(w, item->destination.text, &row);
	else
		send_wake(w, item->destination.text);
}

int outbox_retry(struct worker *w, int64_t id, struct err *err)
{
	static const char sql[] = SQL_RETRY;
	struct outbox_item item;

	if (find(w, id, &item, err) != 0)
		return -1;
	/* Only the person it waits for can let it go. */
	if (strcmp(item.state, "held") == 0)
		return ERR_SET(err, ERR_DENIED, "waits for a consent", 0);
	if (worker_begin(w, err) != 0)
		return -1;
	if (store_run(w->store, sql, STORE_ARGS(S_INT(id)), err) != 0 ||
	    worker_commit(w, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	wake(w, &item);
	return 0;
}

static int prove_drop_of(struct worker *w, const struct outbox_item *item,
			 struct err *err)
{
	static const char sql[] = "SELECT person FROM conversation WHERE id=?";
	struct id_text conversation;
	const struct act_fact facts[] = {
	    {"conversation", conversation.text, 0},
	    {"type", item->type, 0},
	};
	struct act act = {
	    .event = LEDGER_OUTBOX_DROPPED,
	    .by = LEDGER_STAFF,
	    .kind = ID_DELIVERY,
	    .object = item->id,
	    .facts = facts,
	    .facts_len = sizeof(facts) / sizeof(facts[0]),
	};
	bool found = false;

	id_format(&w->mask, ID_CONVERSATION, item->conversation, &conversation);
	if (store_one_int(w->store, sql, STORE_ARGS(S_INT(item->conversation)),
			  &act.person, &found, err) != 0)
		return -1;
	return prove(w, &act, err);
}

int outbox_drop(struct worker *w, int64_t id, struct err *err)
{
	static const char sql[] = SQL_DROP, failed[] = SQL_FAILED;
	struct outbox_item item;

	if (find(w, id, &item, err) != 0 || worker_begin(w, err) != 0)
		return -1;
	if (prove_drop_of(w, &item, err) != 0 ||
	    store_run(w->store, sql, STORE_ARGS(S_INT(id)), err) != 0)
		goto undo;
	if (strcmp(item.type, "send") == 0 &&
	    store_run(w->store, failed, STORE_ARGS(S_INT(item.message)), err) !=
		0)
		goto undo;
	if (worker_commit(w, err) != 0)
		goto undo;
	deliver_forget(w, item.message);
	return 0;
undo:
	worker_roll_back(w);
	return -1;
}
