/* outbox.c - rows of table outbox. */
#include "outbox.h"

#define SQL_ADD                                                             \
	"INSERT INTO outbox(id,kind,destination,conversation,message,type," \
	"detail,state,next_ms,created_ms) VALUES(?,?,?,?,?,?,?,'waiting',?,?)"
#define SQL_HOLD                                                            \
	"INSERT INTO outbox(id,kind,destination,conversation,message,type," \
	"state,next_ms,created_ms)"                                         \
	" VALUES(?,'helpdesk',?,?,?,'message.received','held',?,?)"
/* 3, 4: MSG_HELD, MSG_KEPT. */
#define SQL_HELPDESK                                                  \
	"SELECT helpdesk FROM conversation WHERE id=? AND NOT EXISTS" \
	" (SELECT 1 FROM message WHERE id=? AND (outcome IN (3,4) OR" \
	" (direction='out' AND kind IN ('notice','ask','reply'))))"

struct row {
	int64_t id;
	const char *kind, *destination;
	int64_t conversation, message;
	const char *type, *detail;
	int64_t next_ms;
};

static int add(struct worker *w, const struct row *r, struct err *err)
{
	static const char sql[] = SQL_ADD;

	return store_run(
	    w->store, sql,
	    STORE_ARGS(S_INT(r->id), S_TEXT(r->kind), S_TEXT(r->destination),
		       S_INT(r->conversation),
		       r->message != 0 ? S_INT(r->message) : S_NULL,
		       S_TEXT(r->type), S_TEXT(r->detail), S_INT(r->next_ms),
		       S_INT(worker_now(w))),
	    err);
}

int outbox_add(struct worker *w, const char *kind, const char *destination,
	       int64_t conversation, int64_t message, const char *type,
	       const char *detail, int64_t next_ms, struct err *err)
{
	const struct row row = {worker_id(w), kind, destination, conversation,
				message,      type, detail,	 next_ms};

	if (add(w, &row, err) != 0)
		return -1;
	if (strcmp(kind, "channel") == 0)
		send_wake(w, destination);
	else
		deliver_wake(w, destination);
	return 0;
}

int outbox_add_message(struct worker *w, const char *helpdesk,
		       int64_t conversation, int64_t message, const char *type,
		       int64_t *ret_row, struct err *err)
{
	const struct row row = {
	    .id = worker_id(w),
	    .kind = "helpdesk",
	    .destination = helpdesk,
	    .conversation = conversation,
	    .message = message,
	    .type = type,
	    .next_ms = worker_now(w),
	};

	if (add(w, &row, err) != 0)
		return -1;
	deliver_wake(w, helpdesk);
	*ret_row = row.id;
	return 0;
}

int outbox_hold(struct worker *w, const char *helpdesk, int64_t conversation,
		int64_t message, int64_t until_ms, struct err *err)
{
	static const char sql[] = SQL_HOLD;

	return store_run(w->store, sql,
			 STORE_ARGS(S_INT(worker_id(w)), S_TEXT(helpdesk),
				    S_INT(conversation), S_INT(message),
				    S_INT(until_ms), S_INT(worker_now(w))),
			 err);
}

int outbox_tell(struct worker *w, int64_t conversation, int64_t message,
		const char *type, const char *detail, struct err *err)
{
	static const char sql[] = SQL_HELPDESK;
	struct store_rows *rows = NULL;
	struct store_value v;
	struct name helpdesk = {0};
	int rc;

	if (store_start(w->store, sql,
			STORE_ARGS(S_INT(conversation), S_INT(message)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc == 1) {
		v = store_column(w->store, rows, 0);
		if (v.type == STORE_TEXT &&
		    !name_set(&helpdesk, v.bytes, v.len))
			rc =
			    ERR_SET(err, ERR_CORRUPT, "helpdesk is no name", 0);
	}
	store_finish(w->store, &rows);
	if (rc < 0)
		return -1;
	if (helpdesk.text[0] == '\0')
		return 0;
	return outbox_add(w, "helpdesk", helpdesk.text, conversation, message,
			  type, detail, worker_now(w), err);
}
