/* state.c - what becomes of one recipient, and what is left behind. */
#include "tellings.h"

#include "postern/log.h"
#include "worker/alarm.h"
#include "worker/prove.h"

#define ALARM_KIND "recipient.failed"

static const char load_sql[] =
    "SELECT id,kind,recipient,event,state,reason,told_ms,ended_ms FROM telling"
    " WHERE id=?";
static const char find_sql[] = "SELECT id FROM telling WHERE outside_id=?";
/* What failed may be tried again, and needs what was sealed. */
static const char end_sql[] =
    "UPDATE telling SET state=?,reason=?,ended_ms=?,told_ms=coalesce(told_ms,"
    "?),telling_sealed=CASE WHEN ?='failed' THEN telling_sealed END,"
    "next_ms=9223372036854775807 WHERE id=?";
static const char again_sql[] =
    "UPDATE telling SET state='pending',reason=NULL,ended_ms=NULL,told_ms=NULL,"
    "attempts=0,next_ms=? WHERE id=? AND state='failed' AND telling_sealed IS"
    " NOT NULL RETURNING id";

/* --- rows ----------------------------------------------------------------- */

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

int telling_take(struct worker *w, struct store_rows *rows, struct telling *ret,
		 struct err *err)
{
	char state[16];

	*ret = (struct telling){.id = number(w, rows, 0),
				.told_ms = number(w, rows, 6),
				.ended_ms = number(w, rows, 7)};
	if (!word(w, rows, 1, ret->kind, sizeof(ret->kind)) ||
	    !word(w, rows, 2, ret->recipient, sizeof(ret->recipient)) ||
	    !word(w, rows, 3, ret->event, sizeof(ret->event)) ||
	    !word(w, rows, 4, state, sizeof(state)) ||
	    !word(w, rows, 5, ret->reason, sizeof(ret->reason)) ||
	    !telling_state_named(state, &ret->state))
		return ERR_SET(err, ERR_CORRUPT, "row of a recipient", 0);
	return 0;
}

int telling_load(struct worker *w, int64_t id, struct telling *ret,
		 bool *ret_found, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(w->store, load_sql, STORE_ARGS(S_INT(id)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	*ret_found = rc > 0;
	if (rc > 0)
		rc = telling_take(w, rows, ret, err);
	store_finish(w->store, &rows);
	return rc;
}

int telling_find(struct worker *w, const char *outside_id, int64_t *ret_id,
		 bool *ret_found, struct err *err)
{
	return store_one_int(w->store, find_sql, STORE_ARGS(S_TEXT(outside_id)),
			     ret_id, ret_found, err);
}

/* --- the end -------------------------------------------------------------- */

int telling_prove(struct worker *w, enum ledger_event event, int64_t id,
		  struct err *err)
{
	const struct act act = {
	    .event = event,
	    .by = LEDGER_STAFF, /* or nobody: then the gateway itself */
	    .kind = ID_TELLING,
	    .object = id,
	};

	return prove(w, &act, err);
}

static int raise(struct worker *w, const struct telling *t, struct err *err)
{
	const struct alarm alarm = {
	    .kind = ALARM_KIND,
	    .about = ID_TELLING,
	    .object = t->id,
	    .detail = t->recipient, /* a name of the settings */
	};
	struct id_text id;

	id_format(&w->mask, ID_TELLING, t->id, &id);
	LOG(LOG_LEVEL_ERROR, "recipient.failed", LOG_ID("telling", &id));
	return alarm_raise(w, &alarm, err);
}

static int leave_behind(struct worker *w, const struct telling *t,
			enum telling_state state, struct err *err)
{
	if (state == TELLING_FAILED)
		return raise(w, t, err) != 0
			   ? -1
			   : telling_prove(w, LEDGER_RECIPIENT_FAILED, t->id,
					   err);
	if (alarm_end(w, ALARM_KIND, t->id, err) != 0)
		return -1;
	if (state != TELLING_CONFIRMED)
		return 0;
	/* Who confirms before the answer of its notice came was told, too. */
	if (t->told_ms == 0 &&
	    telling_prove(w, LEDGER_RECIPIENT_TOLD, t->id, err) != 0)
		return -1;
	return telling_prove(w, LEDGER_RECIPIENT_CONFIRMED, t->id, err);
}

int telling_end(struct worker *w, int64_t id, enum telling_state state,
		const char *reason, struct err *err)
{
	const char *name = telling_states[state];
	struct telling t;
	bool found = false;

	if (telling_load(w, id, &t, &found, err) != 0)
		return -1;
	if (!found || t.state == TELLING_CONFIRMED || t.state == state)
		return 0;
	if (store_run(
		w->store, end_sql,
		STORE_ARGS(S_TEXT(name), S_TEXT(reason), S_INT(worker_now(w)),
			   state == TELLING_CONFIRMED ? S_INT(worker_now(w))
						      : S_NULL,
			   S_TEXT(name), S_INT(id)),
		err) != 0)
		return -1;
	telling_look(w);
	return leave_behind(w, &t, state, err);
}

int telling_again(struct worker *w, int64_t id, bool *ret_refused,
		  struct err *err)
{
	int64_t same;
	bool done = false;

	if (store_one_int(w->store, again_sql,
			  STORE_ARGS(S_INT(worker_now(w)), S_INT(id)), &same,
			  &done, err) != 0)
		return -1;
	*ret_refused = !done;
	telling_look(w);
	return done ? alarm_end(w, ALARM_KIND, id, err) : 0;
}

/* --- words ---------------------------------------------------------------- */

static const struct {
	const char *reason, *de, *en;
} texts[] = {
    {"delivered", "Die Meldung ist angekommen.", "The notice has arrived."},
    {"confirmed", "Der Empfänger hat die Löschung bestätigt.",
     "The recipient has confirmed the erasure."},
    {"completed", "Der Empfänger hat die Löschung abgeschlossen.",
     "The recipient has completed the erasure."},
    {"by_hand_done", "Mitarbeitende haben den Empfänger unterrichtet.",
     "Staff have told the recipient."},
    {"told_at_once", "Der Empfänger wurde sofort unterrichtet.",
     "The recipient was told at once."},
    {"before_restore",
     "Der Empfänger war vor einer Wiederherstellung schon fertig.",
     "The recipient had been done before a restore."},
    {"not_configured", "Zu diesem Empfänger besteht keine Verbindung mehr.",
     "There is no connection to this recipient any more."},
    {"by_hand", "Dieser Empfänger ist nur auf anderem Weg zu erreichen.",
     "This recipient can only be reached in another way."},
    {"no_identity", "Dem Empfänger war keine Kennung der Person bekannt.",
     "The recipient knew the person by no identifier."},
    {"no_such_call", "Der Empfänger kennt dafür keinen Aufruf.",
     "The recipient has no call for this."},
    {"provider_no_call",
     "Der Anbieter des Kanals bietet keinen Aufruf, mit dem wir Nachrichten "
     "bei "
     "ihm löschen könnten; Dateien wurden dort gelöscht.",
     "The provider of the channel offers no call by which we could delete "
     "messages there; files were deleted there."},
    {"not_confirmed",
     "Der Empfänger hat die Löschung nicht bestätigt; wir gehen dem nach.",
     "The recipient has not confirmed the erasure; we are looking into it."},
    {"cancelled",
     "Der Empfänger hat die Löschung abgelehnt; wir gehen dem nach.",
     "The recipient has refused the erasure; we are looking into it."},
};

const char *telling_reason_text(const char *reason, const char *language)
{
	bool german = language != NULL && strncmp(language, "de", 2) == 0;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(texts[i].reason, reason) == 0)
			return german ? texts[i].de : texts[i].en;
	return german ? "Der Empfänger wird noch unterrichtet."
		      : "The recipient is still to be told.";
}
