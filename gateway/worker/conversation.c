/* conversation.c - one open conversation per person and channel. */
#include "inbound.h"
#include "kept.h"

static const char find_sql[] =
    "SELECT id, state, closed_ms, datenart, helpdesk, inbound_ms, language,"
    " asked_ms"
    " FROM conversation WHERE person=? AND channel=?"
    " ORDER BY CASE state WHEN 'open' THEN 0 ELSE 1 END, id DESC LIMIT 1";
static const char make_sql[] =
    "INSERT INTO conversation(id,person,channel,helpdesk,state,opened_ms)"
    " VALUES(?,?,?,?,'open',?)";
static const char reopen_sql[] =
    "UPDATE conversation SET state='open', closed_ms=NULL WHERE id=?";
static const char route_sql[] = "UPDATE conversation SET helpdesk=? WHERE id=?";
static const char inbound_sql[] =
    "UPDATE conversation SET inbound_ms=?, asked_ms=? WHERE id=?";

static bool value_is(const struct store_value *v, const char *text)
{
	return v->type == STORE_TEXT && text != NULL &&
	       v->len == strlen(text) && memcmp(v->bytes, text, v->len) == 0;
}

struct found {
	struct conversation conversation;
	bool open, routed;
	int64_t closed_ms;
};

/* *ret_any false: no conversation at all. */
static int find(struct worker *w, int64_t person, const struct name *channel,
		const char *helpdesk, struct found *ret, bool *ret_any,
		struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value v;
	int rc;

	if (store_start(w->store, find_sql,
			STORE_ARGS(S_INT(person), S_TEXT(channel->text)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	*ret_any = rc > 0;
	if (rc > 0) {
		ret->conversation.id = store_column(w->store, rows, 0).num;
		v = store_column(w->store, rows, 1);
		ret->open = value_is(&v, "open");
		ret->closed_ms = store_column(w->store, rows, 2).num;
		v = store_column(w->store, rows, 3);
		ret->conversation.tagged =
		    v.type == STORE_TEXT &&
		    name_set(&ret->conversation.datenart, v.bytes, v.len);
		v = store_column(w->store, rows, 4);
		ret->routed = helpdesk == NULL || value_is(&v, helpdesk);
		v = store_column(w->store, rows, 5);
		ret->conversation.inbound_ms = v.num; /* 0 for NULL */
		/* What does not fit is as good as not known. */
		(void)store_word(store_column(w->store, rows, 6),
				 ret->conversation.language,
				 sizeof(ret->conversation.language));
		v = store_column(w->store, rows, 7);
		ret->conversation.asked_ms = v.num; /* 0 for NULL */
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

int conversation_for(struct worker *w, int64_t person,
		     const struct name *channel, int64_t now_ms,
		     struct conversation *ret, struct err *err)
{
	const struct settings_helpdesk *desk =
	    settings_route(w->settings, channel);
	const char *helpdesk = desk != NULL ? desk->name.text : NULL;
	struct found found = {0};
	bool any = false;

	if (find(w, person, channel, helpdesk, &found, &any, err) != 0)
		return -1;
	if (any && !found.open &&
	    now_ms - found.closed_ms >= CONVERSATION_REOPEN_MS)
		any = false;
	if (!any) {
		*ret = (struct conversation){.id = worker_id(w)};
		if (desk != NULL)
			ret->helpdesk = desk->name;
		return store_run(w->store, make_sql,
				 STORE_ARGS(S_INT(ret->id), S_INT(person),
					    S_TEXT(channel->text),
					    S_TEXT(helpdesk), S_INT(now_ms)),
				 err);
	}
	if (!found.open &&
	    (store_run(w->store, reopen_sql,
		       STORE_ARGS(S_INT(found.conversation.id)), err) != 0 ||
	     kept_reopened(w, person, found.conversation.id, err) != 0))
		return -1;
	/* The team may have changed the route since. */
	if (!found.routed && store_run(w->store, route_sql,
				       STORE_ARGS(S_TEXT(helpdesk),
						  S_INT(found.conversation.id)),
				       err) != 0)
		return -1;
	*ret = found.conversation;
	ret->reopened = !found.open;
	if (desk != NULL)
		ret->helpdesk = desk->name;
	return 0;
}

int conversation_inbound(struct worker *w, struct conversation *c,
			 int64_t inbound_ms, struct err *err)
{
	/* The row lies anywhere in its table: writing it with each message
	 * would cost as much as the message itself. */
	if (c->inbound_ms >= inbound_ms - INBOUND_STEP_MS &&
	    c->inbound_ms > 0 && !c->asks)
		return 0;
	if (inbound_ms < c->inbound_ms)
		inbound_ms = c->inbound_ms;
	if (store_run(w->store, inbound_sql,
		      STORE_ARGS(S_INT(inbound_ms),
				 c->asked_ms != 0 ? S_INT(c->asked_ms) : S_NULL,
				 S_INT(c->id)),
		      err) != 0)
		return -1;
	c->inbound_ms = inbound_ms;
	return 0;
}
